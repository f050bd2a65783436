# Ajustes.

settings = Ajustes
language = Idioma
appearance = Claro u oscuro
appearance-system = Como el teléfono
appearance-light = Claro
appearance-dark = Oscuro

## Frase de acceso

passphrase-title = Frase de acceso
passphrase-about = Con una frase de acceso, lo guardado en este teléfono queda cerrado. Quien se lleve el teléfono no puede leerlo mientras la aplicación esté cerrada. La escribes cada vez que abres la aplicación.
passphrase-is-set = Hay una frase de acceso.
passphrase-is-not-set = No hay frase de acceso.
passphrase-new = Nueva frase de acceso
passphrase-new-hint = Van bien cuatro o cinco palabras que nadie adivinaría.
passphrase-again = La misma otra vez
passphrase-set = Poner la frase
passphrase-short = { $count ->
    [one] Usa al menos { $count } carácter.
   *[other] Usa al menos { $count } caracteres.
}
passphrase-differs = Las dos no coinciden.
passphrase-remove = Quitar la frase de acceso
passphrase-remove-question = Entonces cualquiera que pueda abrir este teléfono podrá leer lo guardado aquí. ¿Quitarla?
passphrase-remove-yes = Quitar

## Dispositivos

devices = Dispositivos
devices-about = Puedes usar Concerted en varios dispositivos como la misma persona.
lost-device = Dispositivo perdido o robado
lost-device-about = Con tus 12 palabras dejas fuera todos tus otros dispositivos, en todos los comités.
lost-device-removes = No pueden leer nada de lo que venga después, y nada de lo que envíen cuenta.
lost-device-kept = Lo que ya habían leído sigue en ellos.
lost-device-without = Sin tus palabras: pide a dos personas del comité que abran tu nombre en Gente y avisen del dispositivo. Tarda unos días.
lost-device-go = Dejar fuera mis otros dispositivos
lost-device-question = ¿Dejar fuera todos tus dispositivos menos este?
lost-device-yes = Dejarlos fuera
lost-device-done = Hecho. Ahora solo este dispositivo es tuyo.

## Borrar

wipe = Borrar este teléfono
wipe-about = Borra todo lo que Concerted ha guardado en este teléfono.
wipe-still-member = Sigues en tus comités.
wipe-back = Solo podrás volver con tus 12 palabras o desde otro dispositivo tuyo.
wipe-go = Borrar todo lo de aquí
wipe-question = ¿Tienes tus 12 palabras? ¿Borrar ahora?
wipe-yes = Borrar todo

## Acerca de

about = Acerca de la aplicación
about-server = Lo que puede ver el servidor
about-server-1 = No puede leer lo que se dice, cómo se vota ni cómo se llama tu comité.
about-server-2 = No sabe quién está dentro: no tiene nombres, números ni correos.
about-server-3 = Ve que ha llegado algo de un tamaño aproximado, y cuándo.
about-server-4 = Puede ver la dirección de internet de tu teléfono y así adivinar qué comités usa un mismo teléfono. Una VPN o Tor lo ocultan.
about-server-5 = También reparte esta aplicación. En eso confías en él; con el código de abajo puedes comprobarlo.
about-app = Esta aplicación
about-version = Versión
about-hash = Código de la aplicación
about-hash-about = Compáralo con el que ven otras personas o con el que publica el proyecto. Si es el mismo, la aplicación es la misma.
about-hash-copy = Copiar el código
