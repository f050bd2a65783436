# Qué decir cuando algo se ha rechazado o ha fallado.

failure-not-begun = Este teléfono aún no ha empezado. Primero crea un comité o abre un enlace.
failure-begun = Este teléfono ya está en uso. Bórralo antes si quieres empezar de nuevo.
failure-input = Algo de lo que has escrito no sirve.
failure-unknown = Eso no está aquí, o ya no está.
failure-ambiguous = Hay más de una coincidencia. Dilo con más exactitud.
failure-refused = El servidor no lo ha aceptado.
failure-unreachable = No se puede llegar al servidor. Revisa la conexión y reinténtalo.
failure-relay = El servidor ha dado una respuesta que no puede ser correcta. No te fíes.
failure-not-member = Aquí no formas parte del comité.
failure-state = Ahora no es posible.
failure-stopped = La aplicación se detuvo antes de terminar. Reinténtalo.
failure-other = No ha funcionado.

rule-other = Las reglas del comité no lo permiten ({ $rule }).
rule-R-005 = Este dispositivo no es de nadie de este comité.
rule-R-020 = Un nombre tiene de 1 a 40 caracteres, y ninguno oculto.
rule-R-021 = Alguien aquí ya tiene ese apodo. Elige otro.
rule-R-022 = Esta petición ya no sirve. Quizá la persona la envió dos veces.
rule-R-023 = Ya hay demasiada gente esperando. Hay que responder antes a algunas peticiones.
rule-R-024 = Esta petición ya no está abierta.
rule-R-025 = Ya has respondido por esta persona.
rule-R-026 = Acabas de entrar. Podrás responder por otras personas cuando pase tu tiempo de espera.
rule-R-027 = Has respondido por tantas personas como permiten por ahora los estatutos.
rule-R-028 = El comité crece demasiado deprisa. Los estatutos piden esperar.
rule-R-029 = Es demasiado tarde, o demasiado pronto, para oponerse.
rule-R-030 = Hay demasiadas invitaciones abiertas. Cierra alguna antes.
rule-R-031 = Esta invitación ya está cerrada.
rule-R-042 = Demasiados cambios de dispositivo hoy. Usa tus 12 palabras o espera un día.
rule-R-043 = Ya tienes el máximo de dispositivos.
rule-R-044 = Ya lo has pedido, o es un dispositivo tuyo.
rule-R-045 = Ya no es posible oponerse, o no desde este dispositivo.
rule-R-054 = Cambiaste las cerraduras hace menos de una semana, y ahora no hace falta.
rule-R-060 = La última persona no puede salir. Borra este teléfono en su lugar.
rule-R-072 = El mensaje es demasiado largo.

hindered-R-021 = Alguien aquí ya tiene ese apodo. Puede retirar la petición y volver a pedir con otro.
