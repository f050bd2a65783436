# Los primeros minutos.

welcome-what = Decide y actúa en común con la gente con la que trabajas, vives o estudias.
welcome-how = Sin número de teléfono ni correo. El servidor guarda cajas cerradas y nunca sabe quién está en tu comité.
welcome-start = Crear un comité
welcome-link = Tengo un enlace
welcome-other = Otras formas de empezar
welcome-restore = Ya estuve aquí: escribir mis 12 palabras
welcome-second-device = Añadir este como segundo dispositivo

## Crear un comité

start-title = Crear un comité
start-name = Nombre del comité
start-name-hint = Lo ven sus integrantes y quien reciba una invitación.
start-kind = ¿De qué tipo es?
start-go = Crear
kind-small-workplace = Centro de trabajo pequeño
kind-small-workplace-about = Todo el mundo se conoce.
kind-large-workplace = Centro de trabajo grande
kind-large-workplace-about = Varios turnos o sedes.
kind-tenants = Vecindario
kind-tenants-about = Un edificio o un barrio; avisos con más antelación.
kind-students = Estudiantes
kind-students-about = Un instituto o una facultad; puede crecer deprisa.
kind-club = Club o asociación
kind-club-about = Avisos con mucha antelación, actas con nombres.
nickname = Tu apodo
nickname-hint = Lo ve el resto del comité. Mejor que no sea tu nombre real.
nickname-again = Proponer otro

## Palabras de recuperación

words-title = Tus 12 palabras
words-note = Escribe estas 12 palabras en un papel, en este orden.
words-why = Si pierdes el teléfono, se rompe o te lo quitan, solo con estas palabras podrás volver.
words-nobody = Nadie puede restablecerlas: ni el servidor ni el comité.
words-paper = Guarda el papel en casa. Quien lo tenga puede actuar en tu nombre.
words-no-paper = No tengo papel a mano
words-no-paper-about = Cópialas en un gestor de contraseñas. No en un chat ni en una foto.
words-copy = Copiar las palabras
words-noted = Ya las he escrito
words-check-title = Para asegurarnos
words-check-about = Escribe estas tres mirando tu papel.
words-check-which = Palabra número { $place }
words-check-wrong = La palabra número { $place } es distinta. Vuelve a mirar tu papel.
words-check-go = Continuar
words-again = Ver las palabras otra vez
words-lost-title = No llegaste a anotar tus palabras
words-lost-about = Empezaste aquí, pero la aplicación se cerró antes de que confirmaras tus 12 palabras. Todavía no depende nada de ellas, así que empieza de nuevo con otras.
words-lost-go = Empezar de nuevo
words-field = Tus 12 palabras
words-field-hint = Separadas por espacios y en el orden correcto.

## Un enlace

link-title = Tengo un enlace
link-about = Toca el enlace donde lo recibiste, o pégalo aquí.
link-field = Enlace
link-wrong = Esto no es una invitación. Debería contener /#/join/ o /#/device/. Pídela de nuevo.
link-open = Abrir

## Entrar

join-title = Invitación
join-reading = Leyendo la invitación…
join-unreadable = Puede que la invitación esté cerrada o tenga más de 7 días. Pide un enlace nuevo.
join-already = Ya estás en { $name }, o ya has pedido entrar.
join-invited = Te invitan a:
join-bylaws = Cómo decide este comité
join-reveals = Lo que el comité ve de ti
join-reveals-nickname = Tu apodo.
join-reveals-words = Lo que dices y lo que votas en las votaciones abiertas.
join-reveals-nothing = Ni tu nombre, ni tu número, ni tu correo, ni dónde estás, salvo que lo cuentes.
join-source = ¿Quién te dio este enlace?
join-source-known = Alguien a quien conozco en persona
join-source-unsure = Lo encontré, o no estoy seguro
join-source-caution = Ten cuidado: una invitación puede ser una trampa. Antes de entrar, pregunta a alguien a quien conozcas en persona si este comité es de verdad.
join-source-missing = Responde, por favor, quién te dio el enlace. Solo tú ves la respuesta.
join-next = Después, alguien del comité debe responder por ti. Nadie entra solo con el enlace.
join-go = Pedir entrar

## Volver

restore-title = Volver con tus 12 palabras
restore-about = Recuperas tus comités, sus decisiones y sus actas.
restore-lost = Perdí mi otro dispositivo o me lo quitaron
restore-lost-about = Queda fuera de todos tus comités y no podrá leer nada de lo que venga después.
restore-elsewhere = Mis comités están en otro servidor
restore-relay = Dirección del servidor
restore-relay-hint = Uno en el que tuvieras un comité, por ejemplo https://…
restore-talk = Las conversaciones anteriores no se recuperan: solo se guardan en los teléfonos, y por poco tiempo.
restore-go = Volver

## Un segundo dispositivo

second-device-title = Añadir este como segundo dispositivo
second-device-step-1 = Abre Concerted en tu otro dispositivo: Ajustes, Dispositivos, Añadir un dispositivo.
second-device-step-2 = Escanea este código con su cámara, o cópialo allí.
second-device-step-3 = Las dos pantallas muestran un número. Compáralos.
second-device-qr = Código para tu otro dispositivo
second-device-copy = Copiar el código
second-device-waiting = A la espera de tu otro dispositivo…
second-device-finishing = Ya casi está. Deja los dos dispositivos encendidos.
second-device-offer = Mostrar el código
add-device-title = Añadir un dispositivo
add-device-about = En el dispositivo nuevo abre Concerted y toca «Añadir este como segundo dispositivo». Escanea su código con la cámara o pégalo aquí.
add-device-question = ¿Quieres añadir el dispositivo que mostró este código?
add-device-code = Código del dispositivo nuevo
add-device-caution = Añade solo un dispositivo que tengas en la mano. Podrá hacer todo lo que puedes hacer tú.
add-device-go = Añadir
add-device-done = El dispositivo nuevo está añadido.
add-device-not-begun = Abre este código en el dispositivo con el que ya estás en el comité.
compare-question = ¿Muestran las dos pantallas este número?
compare-about = Si son distintos, hay alguien en medio. Entonces no sigas.
compare-same = Sí, es el mismo
compare-different = No, parar
