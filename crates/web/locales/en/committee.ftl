# A committee.

tabs = Parts of the committee
tab-talk = Talk
tab-people = People
tab-invite = Invite
tab-more = More
requests-waiting = { $count ->
    [one] { $count } person waits for your answer
   *[other] { $count } people wait for your answer
}
status-members = { $count ->
    [one] { $count } member · up to date
   *[other] { $count } members · up to date
}
status-unsent = { $count ->
    [one] { $count } not sent yet
   *[other] { $count } not sent yet
}
status-offline = No connection
status-catching-up = Catching up…
creating-about = The committee is being set up. Stay online for a moment.
restoring-about = Your committee is being brought back. This can take a minute.
not-here-title = Not on this phone
not-here-about = This committee is not on this phone. Ask a member for an invitation.
gone-title = You are no longer a member.
gone-about = You left, the committee decided so, or this device was shut out. What you have read until then stays here until you remove it.
forget = Remove from this phone
forget-question = Remove what is stored of this committee here?
forget-yes = Remove

## Waiting to be let in

asking-title = Waiting
asking-wait = Waiting until a member vouches for you…
asking-sending = Sending your request…
asking-as = You asked to join as { $nickname }.
asking-code = Your check code
asking-code-about = Tell it to the person who invited you, face to face or on the phone. So they know it is really you.
asking-meanwhile = You can close the app. When you open it again and someone has vouched, you are in.
asking-over = You are in.
asking-give-up = Withdraw
asking-give-up-question = Stop waiting and remove this from your phone?
asking-give-up-yes = Withdraw

## Talk

talk-messages = Messages
talk-empty = It is quiet here.
talk-empty-next = Say hello: everyone in the committee can read it, and nobody else.
talk-unreadable = { $count ->
    [one] { $count } message from before your time here, or expired
   *[other] { $count } messages from before your time here, or expired
}
former-member = Former member
talk-earlier = Show earlier messages
message-input = Message
message-send = Send
message-write = Write a message
message-waiting = Not sent yet
message-arrived = Arrived
threads = Topics
thread-all = All
thread-common = General
thread-new = New topic
thread-name = Name of the topic
thread-take = Use
composer-thread = Topic: { $thread }

## People

people-requests = Who wants to come in
people-members = { $count ->
    [one] { $count } member
   *[other] { $count } members
}
people-alone = So far you are alone here.
people-invite = Invite someone
not-arrived = Has not opened the app yet
joined = Member since { $time }
device-numbered = Device { $number }
device-this = This device
device-other = Another device of yours
device-added = added { $time }
device-accusers = { $count ->
    [one] { $count } member asks to shut this device out
   *[other] { $count } members ask to shut this device out
}
device-revoked-at = Will be shut out on { $time } unless its owner objects
accuse = This device was lost or taken
accuse-question = Ask to shut this device out? A second member must do the same, and the owner can object.
accuse-yes = Ask
vouch-about = To vouch means: I know this person, and I want them in.
vouch-count = { $needed ->
    [one] { $count } of { $needed } vouch
   *[other] { $count } of { $needed } vouches
}
vouch-check = Ask them for their check code. It must be
vouch = Vouch
vouch-question = Do you know { $nickname } in person, have you compared the code, and do you want them in?
vouch-yes = Yes, I vouch
vouch-done = You have vouched.
window-ends = Enough members vouch. Until { $time } any member can object.
object = Object
object-question = Object to { $nickname }? Then the committee must vote on it.
object-yes = Object

## Inviting

invite-title = Invite someone
invite-about = Whoever has the link can ask to join. Nobody gets in by the link alone: members must vouch. It works for 7 days.
invite-go = Make an invitation
invite-another = Make another invitation
invite-qr = Invitation as a code to scan
invite-qr-about = Best face to face: let them scan this with their camera.
invite-copy = Copy the link
invite-share = Share
invite-share-text = Join { $name } on Concerted
invite-close = Close this invitation
invite-close-question = Close it? The link stops working at once.
invite-close-yes = Close it

## More

more-bylaws = How we decide
more-bylaws-show = Show the bylaws
more-nickname = What you are called
more-nickname-hint = Everyone sees that it changed.
more-nickname-go = Change
nickname-changed = Your nickname is changed.
advanced-about = Two phones that have read equally far show the same number and the same fingerprint.
advanced-head = Entries read
advanced-state = Fingerprint of the committee's state
advanced-epoch = Set of keys in use
advanced-relay = Server
rekey = Change the locks now
rekey-question = Give all members new keys? This happens by itself when someone leaves; do it now only if you suspect that a key is known.
rekey-yes = Change the locks
leave = Leave this committee
leave-question = Leave? You can come back only if members vouch for you again.
leave-yes = Leave
