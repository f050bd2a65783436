# What stands on many screens.

app-name = Concerted
back = Back
open = Open
done = Done
later = Later
not-now = Not now
try-again = Try again
copied = Copied
starting = One moment…
advanced = Details
you = You
today = Today
yesterday = Yesterday
fill-in = Please fill in both lines.
unnamed = Committee
last-words = { $nickname }: { $text }
member-count = { $count ->
    [one] { $count } member
   *[other] { $count } members
}

## Committees

home-title = Your committees
home-empty = You are not in a committee yet.
home-empty-next = Start one, or open a link that someone gave you.
phase-creating = Being set up…
phase-asking = Waiting until a member vouches for you
phase-restoring = Being brought back…
phase-gone = You are no longer a member

## A newer version

update-title = There is a new version of this app.
update-hashes = It stays off until you tap Update. Yours: { $old }. New: { $new }.
update-now = Update

## When there is nothing to show

locked-title = Enter your passphrase
passphrase = Passphrase
passphrase-wrong = That is not the passphrase. Try again.
unlock = Unlock
unlocking = Unlocking. On an older phone this takes a few seconds.
locked-forgotten = I forgot it: start over
locked-forgotten-question = This deletes everything on this phone. With your 12 words you can come back as the same member. Delete?
damaged-title = What is stored here cannot be read
damaged-about = The storage on this phone is damaged. Delete it and come back with your 12 words: your committees keep everything else.
elsewhere-title = Concerted is open in another tab
elsewhere-about = It runs in one tab at a time, so that nothing gets mixed up.
elsewhere-take-over = Use it here
storage-failed-title = This phone could not save
storage-failed-about = Perhaps its storage is full, or this is a private window. Free some space and try again. Nothing that was sent is lost.
crashed-title = The app has stopped
crashed-about = Something in it went wrong. Nothing that was sent is lost. Load it again; if this happens again, tell those who run your server what stands below.

## Warnings

warnings = Warnings
warning-fork = The server shows different people different histories.
warning-fork-do = Do not rely on what you see here. Tell the others face to face and move to another server.
warning-relay-broken = What the server sends does not fit together.
warning-relay-broken-do = Do not decide anything here now. Ask another member whether they see this too.
warning-relay-shorter = The server has lost part of the history.
warning-relay-shorter-do = Keep the app open: members' phones give back what is missing.
warning-not-this-body = This is not the committee that your link named.
warning-not-this-body-do = Ask the person who gave you the link for a new one.
warning-locker = A server had lost the list of your committees.
warning-locker-do = It has been put back. You need do nothing.
warning-clock = The clock of this phone and that of the server are more than 10 minutes apart.
warning-clock-do = Check date and time in the settings of your phone.
warning-keys = The committee has just changed its locks.
warning-keys-do = Your phone gets the new key by itself as soon as another member is online.
warning-offline = No connection.
warning-offline-do = You can read and write; what you write is sent when the connection is back.
