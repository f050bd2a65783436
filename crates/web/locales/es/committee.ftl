# Un comité.

tabs = Partes del comité
tab-talk = Charla
tab-people = Gente
tab-invite = Invitar
tab-more = Más
requests-waiting = { $count ->
    [one] { $count } persona espera tu respuesta
   *[other] { $count } personas esperan tu respuesta
}
status-members = { $count ->
    [one] { $count } integrante · al día
   *[other] { $count } integrantes · al día
}
status-unsent = { $count ->
    [one] { $count } sin enviar todavía
   *[other] { $count } sin enviar todavía
}
status-offline = Sin conexión
status-catching-up = Poniéndose al día…
creating-about = Se está creando el comité. Sigue en línea un momento.
restoring-about = Se está recuperando tu comité. Puede tardar un minuto.
not-here-title = No está en este teléfono
not-here-about = Este comité no está en este teléfono. Pide una invitación a alguien que esté dentro.
gone-title = Ya no formas parte de este comité.
gone-about = Saliste, lo decidió el comité o este dispositivo quedó fuera. Lo que habías leído sigue aquí hasta que lo quites.
forget = Quitar de este teléfono
forget-question = ¿Quitar lo que hay guardado aquí de este comité?
forget-yes = Quitar

## A la espera de entrar

asking-title = En espera
asking-wait = A la espera de que alguien del comité responda por ti…
asking-sending = Enviando tu petición…
asking-as = Has pedido entrar como { $nickname }.
asking-code = Tu código de comprobación
asking-code-about = Díselo a quien te invitó, cara a cara o por teléfono. Así sabrá que de verdad eres tú.
asking-meanwhile = Puedes cerrar la aplicación. Cuando la abras y alguien haya respondido por ti, estarás dentro.
asking-over = Ya estás dentro.
asking-give-up = Retirar la petición
asking-give-up-question = ¿Dejar de esperar y quitarlo de este teléfono?
asking-give-up-yes = Retirar

## Charla

talk-messages = Mensajes
talk-empty = Aquí no hay nada todavía.
talk-empty-next = Saluda: lo puede leer todo el comité y nadie más.
talk-unreadable = { $count ->
    [one] { $count } mensaje de antes de que llegaras, o caducado
   *[other] { $count } mensajes de antes de que llegaras, o caducados
}
former-member = Antiguo integrante
talk-earlier = Ver mensajes anteriores
message-input = Mensaje
message-send = Enviar
message-write = Escribir un mensaje
message-waiting = Sin enviar
message-arrived = Llegó
threads = Temas
thread-all = Todo
thread-common = General
thread-new = Tema nuevo
thread-name = Nombre del tema
thread-take = Usar
composer-thread = Tema: { $thread }

## Gente

people-requests = Quién quiere entrar
people-members = { $count ->
    [one] { $count } integrante
   *[other] { $count } integrantes
}
people-alone = Por ahora no hay nadie más aquí.
people-invite = Invitar a alguien
not-arrived = Aún no ha abierto la aplicación
joined = En el comité desde { $time }
device-numbered = Dispositivo { $number }
device-this = Este dispositivo
device-other = Otro dispositivo tuyo
device-added = añadido el { $time }
device-accusers = { $count ->
    [one] { $count } integrante pide dejar fuera este dispositivo
   *[other] { $count } integrantes piden dejar fuera este dispositivo
}
device-revoked-at = Quedará fuera el { $time } si su dueño no se opone
accuse = Este dispositivo se ha perdido o lo han quitado
accuse-question = ¿Pedir que se deje fuera este dispositivo? Otra persona del comité debe pedirlo también, y su dueño puede oponerse.
accuse-yes = Pedir
vouch-about = Responder por alguien significa: conozco a esta persona y quiero que entre.
vouch-count = { $needed ->
    [one] { $count } de { $needed } necesaria
   *[other] Responden { $count } de { $needed } necesarias
}
vouch-check = Pídele su código de comprobación. Tiene que ser
vouch = Responder por esta persona
vouch-question = ¿Conoces a { $nickname } en persona, el código coincide y quieres que entre?
vouch-yes = Sí, respondo
vouch-done = Has respondido por esta persona.
window-ends = Ya responden bastantes. Hasta { $time } cualquiera puede oponerse.
object = Oponerse
object-question = ¿Oponerte a { $nickname }? Entonces deberá votarlo el comité.
object-yes = Oponerse

## Invitar

invite-title = Invitar a alguien
invite-about = Quien tenga el enlace puede pedir entrar. Nadie entra solo con el enlace: alguien del comité debe responder por esa persona. Sirve durante 7 días.
invite-go = Crear una invitación
invite-another = Crear otra invitación
invite-qr = Invitación como código para escanear
invite-qr-about = Lo mejor es cara a cara: que lo escaneen con su cámara.
invite-copy = Copiar enlace
invite-share = Compartir
invite-share-text = Entra en { $name } en Concerted
invite-close = Cerrar esta invitación
invite-close-question = ¿Cerrarla? El enlace deja de servir al momento.
invite-close-yes = Cerrarla

## Más

more-bylaws = Cómo decidimos
more-bylaws-show = Ver los estatutos
more-nickname = Cómo te llamas aquí
more-nickname-hint = Todo el comité verá que ha cambiado.
more-nickname-go = Cambiar
nickname-changed = Tu apodo ha cambiado.
advanced-about = Dos teléfonos que han leído hasta el mismo punto muestran el mismo número y la misma huella.
advanced-head = Entradas leídas
advanced-state = Huella del estado del comité
advanced-epoch = Juego de llaves en uso
advanced-relay = Servidor
rekey = Cambiar las cerraduras ahora
rekey-question = ¿Dar llaves nuevas a todo el comité? Ocurre solo cuando alguien sale; hazlo ahora solo si sospechas que alguien tiene una llave.
rekey-yes = Cambiar
leave = Salir de este comité
leave-question = ¿Salir? Solo podrás volver si vuelven a responder por ti.
leave-yes = Salir
