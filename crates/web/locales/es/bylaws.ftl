# Los estatutos en frases. Las fracciones y mayorías entran en las frases tal como están aquí.

span-seconds = { $count ->
    [one] { $count } segundo
   *[other] { $count } segundos
}
span-minutes = { $count ->
    [one] { $count } minuto
   *[other] { $count } minutos
}
span-hours = { $count ->
    [one] { $count } hora
   *[other] { $count } horas
}
span-days = { $count ->
    [one] { $count } día
   *[other] { $count } días
}

share-half = la mitad
share-third = un tercio
share-two-thirds = dos tercios
share-quarter = un cuarto
share-three-quarters = tres cuartos
share-percent = el { $percent } %
share-fraction = { $part }/{ $whole }

majority-more-cast = más de { $share } de los votos emitidos
majority-more-cast-abstentions = más de { $share } de los votos emitidos, contando las abstenciones
majority-more-present = más de { $share } de las personas presentes
majority-more-entitled = más de { $share } de todo el comité
majority-least-cast = al menos { $share } de los votos emitidos
majority-least-cast-abstentions = al menos { $share } de los votos emitidos, contando las abstenciones
majority-least-present = al menos { $share } de las personas presentes
majority-least-entitled = al menos { $share } de todo el comité

bylaws-joining = Entrar
bylaws-vouches = { $count ->
    [one] Alguien entra cuando { $count } integrante responde por esa persona.
   *[other] Alguien entra cuando { $count } integrantes responden por esa persona.
}
bylaws-vouches-small = Mientras haya menos de { $below } integrantes, basta con que responda una persona.
bylaws-window = A partir de { $from } integrantes, hay { $span } para oponerse antes de que alguien entre.
bylaws-growth = A partir de { $from } integrantes, en { $span } puede entrar como mucho { $share } del comité (pero siempre { $least }); si son más, vota el comité.
bylaws-vouches-by-one = { $count ->
    [one] A partir de { $from } integrantes, cada cual puede responder por { $count } persona en { $span }.
   *[other] A partir de { $from } integrantes, cada cual puede responder por { $count } personas en { $span }.
}
bylaws-newcomers = A partir de { $from } integrantes, quien acaba de entrar espera { $span } antes de responder por otras personas, firmar peticiones o votar sobre personas y estatutos.

bylaws-meetings = Reuniones
bylaws-notice = Una reunión ordinaria se anuncia con { $span } de antelación.
bylaws-quorum = Una reunión puede decidir cuando está { $share } del comité, y nunca con menos de { $least }.
bylaws-emergency = Una reunión urgente puede convocarla { $share } del comité, nunca menos de { $least }, con { $span } de antelación. Solo trata aquello para lo que se convocó.

bylaws-decisions = Decisiones
bylaws-motions = Una moción se aprueba con { $majority }, si participa al menos { $quorum } del comité.
bylaws-circulation = Fuera de una reunión, una votación dura { $span }.
bylaws-tie = El empate es un no.
bylaws-action = Sumarse a una acción requiere { $majority }, en votación secreta.
bylaws-expulsion = Expulsar a alguien requiere { $majority }, en votación secreta en la que participe al menos { $quorum } del comité. Antes se escucha a esa persona.
bylaws-change = Cambiar estos estatutos requiere { $majority }, si participa al menos { $quorum } del comité, y se anuncia con { $span } de antelación.

bylaws-delegates = Delegaciones y votaciones secretas
bylaws-term = { $terms ->
    [one] Las personas delegadas se eligen en votación secreta por { $span }, una sola vez seguida.
   *[other] Las personas delegadas se eligen en votación secreta por { $span }, como mucho { $terms } veces seguidas.
}
bylaws-recall = Puede exigir una votación para revocar a una persona delegada { $share } del comité, nunca menos de { $least }. Se celebra en un plazo de { $span }.
bylaws-tellers = { $count ->
    [one] { $count } persona escrutadora abre las votaciones secretas. Sirve durante { $span }; hace falta { $needed }.
   *[other] { $count } personas escrutadoras sirven durante { $span }; hacen falta { $needed } juntas para abrir una votación secreta.
}
bylaws-small-ballots = Menos de 5 integrantes pueden votar en secreto sobre personas, tras un aviso.
bylaws-no-small-ballots = Con menos de 5 integrantes no hay votación secreta sobre personas.

bylaws-keeping = Lo que se guarda
bylaws-minutes-names = Las actas pueden nombrar a integrantes.
bylaws-minutes-counts = Las actas dan cifras y funciones, nunca nombres.
bylaws-talk = La charla se borra pasados { $span }, en los teléfonos y en el servidor.
bylaws-rekey = Las cerraduras del comité se cambian cuando alguien sale, y al menos cada { $span }.
bylaws-revocation = Dos integrantes juntos pueden dejar fuera un dispositivo perdido de otra persona, si esta no se opone en { $span }.
