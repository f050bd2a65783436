# Lo que aparece en muchas pantallas.

app-name = Concerted
back = Atrás
open = Abrir
done = Listo
later = Más tarde
not-now = Ahora no
try-again = Reintentar
copied = Copiado
starting = Un momento…
advanced = Detalles
you = Tú
today = Hoy
yesterday = Ayer
fill-in = Rellena las dos líneas, por favor.
unnamed = Comité
last-words = { $nickname }: { $text }
member-count = { $count ->
    [one] { $count } integrante
   *[other] { $count } integrantes
}

## Comités

home-title = Tus comités
home-empty = Todavía no estás en ningún comité.
home-empty-next = Crea uno o abre un enlace que te hayan dado.
phase-creating = Se está creando…
phase-asking = A la espera de que alguien responda por ti
phase-restoring = Se está recuperando…
phase-gone = Ya no formas parte

## Una versión más nueva

update-title = Hay una versión nueva de esta aplicación.
update-hashes = No se usará hasta que toques Actualizar. La tuya: { $old }. La nueva: { $new }.
update-now = Actualizar

## Cuando no hay nada que mostrar

locked-title = Escribe tu frase de acceso
passphrase = Frase de acceso
passphrase-wrong = Esa no es la frase de acceso. Inténtalo de nuevo.
unlock = Desbloquear
unlocking = Desbloqueando. En un teléfono antiguo tarda unos segundos.
locked-forgotten = La he olvidado: empezar de cero
locked-forgotten-question = Se borrará todo lo guardado en este teléfono. Con tus 12 palabras puedes volver a ser la misma persona. ¿Borrar?
damaged-title = No se puede leer lo guardado aquí
damaged-about = El almacenamiento de este teléfono está dañado. Bórralo y vuelve con tus 12 palabras: tus comités conservan todo lo demás.
elsewhere-title = Concerted está abierto en otra pestaña
elsewhere-about = Funciona en una sola pestaña a la vez, para que nada se mezcle.
elsewhere-take-over = Usarlo aquí
storage-failed-title = Este teléfono no ha podido guardar
storage-failed-about = Quizá no queda espacio, o esta es una ventana privada. Libera espacio y reinténtalo. Nada de lo enviado se ha perdido.
crashed-title = La aplicación se ha detenido
crashed-about = Algo ha fallado en ella. Nada de lo enviado se ha perdido. Vuelve a cargarla; si se repite, cuenta a quien lleva tu servidor lo que pone abajo.

## Avisos

warnings = Avisos
warning-fork = El servidor muestra historias distintas a personas distintas.
warning-fork-do = No te fíes de lo que ves aquí. Cuéntaselo cara a cara a las demás personas y cambia con ellas a otro servidor.
warning-relay-broken = Lo que envía el servidor no encaja.
warning-relay-broken-do = Por ahora no hay que decidir nada aquí. Pregunta a alguien del comité si también lo ve.
warning-relay-shorter = El servidor ha perdido una parte de la historia.
warning-relay-shorter-do = Deja la aplicación abierta: los teléfonos del comité devuelven lo que falta.
warning-not-this-body = Este no es el comité que decía tu enlace.
warning-not-this-body-do = Pide un enlace nuevo a quien te lo dio.
warning-locker = Un servidor había perdido la lista de tus comités.
warning-locker-do = Ya está repuesta. No tienes que hacer nada.
warning-clock = El reloj de este teléfono y el del servidor difieren en más de 10 minutos.
warning-clock-do = Revisa la fecha y la hora en los ajustes del teléfono.
warning-keys = El comité acaba de cambiar las cerraduras.
warning-keys-do = Tu teléfono recibirá la llave nueva en cuanto se conecte otra persona del comité.
warning-offline = Sin conexión.
warning-offline-do = Puedes leer y escribir; lo que escribas se enviará cuando vuelva la conexión.
