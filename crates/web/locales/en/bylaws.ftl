# Bylaws as sentences. Shares and majorities are put into sentences as they stand here.

span-seconds = { $count ->
    [one] { $count } second
   *[other] { $count } seconds
}
span-minutes = { $count ->
    [one] { $count } minute
   *[other] { $count } minutes
}
span-hours = { $count ->
    [one] { $count } hour
   *[other] { $count } hours
}
span-days = { $count ->
    [one] { $count } day
   *[other] { $count } days
}

share-half = half
share-third = one third
share-two-thirds = two thirds
share-quarter = one quarter
share-three-quarters = three quarters
share-percent = { $percent }%
share-fraction = { $part }/{ $whole }

majority-more-cast = more than { $share } of the votes cast
majority-more-cast-abstentions = more than { $share } of the votes cast, abstentions included
majority-more-present = more than { $share } of those present
majority-more-entitled = more than { $share } of all members
majority-least-cast = at least { $share } of the votes cast
majority-least-cast-abstentions = at least { $share } of the votes cast, abstentions included
majority-least-present = at least { $share } of those present
majority-least-entitled = at least { $share } of all members

bylaws-joining = Coming in
bylaws-vouches = { $count ->
    [one] A newcomer gets in when { $count } member vouches for them.
   *[other] A newcomer gets in when { $count } members vouch for them.
}
bylaws-vouches-small = While there are fewer than { $below } members, one vouch is enough.
bylaws-window = From { $from } members on, members have { $span } to object before a newcomer is let in.
bylaws-growth = From { $from } members on, at most { $share } of the membership (but always { $least }) may come in within { $span }; beyond that, the committee votes.
bylaws-vouches-by-one = { $count ->
    [one] From { $from } members on, a member may vouch for { $count } person within { $span }.
   *[other] From { $from } members on, a member may vouch for { $count } people within { $span }.
}
bylaws-newcomers = From { $from } members on, newcomers wait { $span } before they vouch, sign petitions, or vote on persons and bylaws.

bylaws-meetings = Meetings
bylaws-notice = An ordinary meeting is announced { $span } ahead.
bylaws-quorum = A meeting can decide when { $share } of the members are there, and never fewer than { $least }.
bylaws-emergency = An emergency meeting can be called { $span } ahead by { $share } of the members, never fewer than { $least }. It deals only with what it was called for.

bylaws-decisions = Decisions
bylaws-motions = A motion is carried by { $majority }, if at least { $quorum } of the members take part.
bylaws-circulation = Outside a meeting, a vote lasts { $span }.
bylaws-tie = A tie is a no.
bylaws-action = Joining an action needs { $majority }, in a secret vote.
bylaws-expulsion = Expelling a member needs { $majority }, in a secret vote in which at least { $quorum } of the members take part. The member is heard first.
bylaws-change = Changing these bylaws needs { $majority }, if at least { $quorum } of the members take part, announced { $span } ahead.

bylaws-delegates = Delegates and secret votes
bylaws-term = { $terms ->
    [one] Delegates are chosen by secret vote for { $span }, once in a row.
   *[other] Delegates are chosen by secret vote for { $span }, at most { $terms } times in a row.
}
bylaws-recall = A vote on recalling a delegate can be demanded by { $share } of the members, never fewer than { $least }. It is held within { $span }.
bylaws-tellers = { $count ->
    [one] { $count } teller opens secret votes. They serve for { $span }; it takes { $needed }.
   *[other] { $count } tellers serve for { $span }; it takes { $needed } of them together to open a secret vote.
}
bylaws-small-ballots = Fewer than 5 members may vote secretly on persons, after a warning.
bylaws-no-small-ballots = With fewer than 5 members there is no secret vote on persons.

bylaws-keeping = What is kept
bylaws-minutes-names = Minutes may name members.
bylaws-minutes-counts = Minutes tell counts and roles, never names.
bylaws-talk = Talk is deleted after { $span }, on phones and on the server.
bylaws-rekey = The committee's locks are changed whenever someone leaves, and at least every { $span }.
bylaws-revocation = Two members together can have a member's lost device shut out, unless its owner objects within { $span }.
