# The first minutes.

welcome-what = Decide and act together with the people you work, live or study with.
welcome-how = No phone number, no e-mail. The server stores locked boxes and never learns who is in your committee.
welcome-start = Start a committee
welcome-link = I have a link
welcome-other = Other ways to begin
welcome-restore = I was here before: enter my 12 words
welcome-second-device = Add this as a second device

## Starting a committee

start-title = Start a committee
start-name = Name of the committee
start-name-hint = Members see it, and whoever gets an invitation.
start-kind = What kind is it?
start-go = Start
kind-small-workplace = Small workplace
kind-small-workplace-about = Everyone knows everyone.
kind-large-workplace = Large workplace
kind-large-workplace-about = Several shifts or sites.
kind-tenants = Tenants
kind-tenants-about = A house or an estate; longer notice.
kind-students = Students
kind-students-about = A school or faculty; may grow fast.
kind-club = Club or association
kind-club-about = Long notice, minutes with names.
nickname = Your nickname
nickname-hint = Members see it. Better not your real name.
nickname-again = Suggest another

## Recovery words

words-title = Your 12 words
words-note = Write these 12 words on paper, in this order.
words-why = If your phone is lost, broken or taken, only these words bring you back.
words-nobody = Nobody can reset them: not the server, not the committee.
words-paper = Keep the paper at home. Whoever has it can act as you.
words-no-paper = I have no paper here
words-no-paper-about = Copy them into a password manager. Not into a chat, not into a photo.
words-copy = Copy the words
words-noted = I have written them down
words-check-title = Just to be sure
words-check-about = Type these three from your paper.
words-check-which = Word number { $place }
words-check-wrong = Word number { $place } is different. Look at your paper again.
words-check-go = Continue
words-again = Show me the words again
words-lost-title = Your words were not noted
words-lost-about = You began here, but the app was closed before you confirmed your 12 words. Nothing depends on them yet, so begin again with new ones.
words-lost-go = Begin again
words-field = Your 12 words
words-field-hint = With a space between them, in the right order.

## A link

link-title = I have a link
link-about = Tap the link where you got it, or paste it here.
link-field = Link
link-wrong = This is not an invitation. It should contain /#/join/ or /#/device/. Ask for it again.
link-open = Open

## Joining

join-title = Invitation
join-reading = Reading the invitation…
join-unreadable = The invitation may have been closed, or it is older than 7 days. Ask for a new link.
join-already = You are already in { $name }, or have asked to join.
join-invited = You are invited to:
join-bylaws = How this committee decides
join-reveals = What the members see of you
join-reveals-nickname = Your nickname.
join-reveals-words = What you say and how you vote in open votes.
join-reveals-nothing = Not your name, number, e-mail or place, unless you tell them.
join-source = Who gave you this link?
join-source-known = Someone I know in person
join-source-unsure = I found it, or I am not sure
join-source-caution = Be careful: an invitation can be a trap. Ask someone you know in person whether this committee is real before you join.
join-source-missing = Please answer who gave you the link. Only you see the answer.
join-next = After this, a member must vouch for you. Nobody gets in by the link alone.
join-go = Ask to join

## Coming back

restore-title = Come back with your 12 words
restore-about = Your committees, their decisions and minutes come back.
restore-lost = My other device is lost or was taken
restore-lost-about = It is removed from all your committees and cannot read what comes after.
restore-elsewhere = My committees are on another server
restore-relay = Address of the server
restore-relay-hint = One on which you had a committee, for example https://…
restore-talk = Talk from before does not come back: it is kept only on phones, and not for long.
restore-go = Come back

## A second device

second-device-title = Add this as a second device
second-device-step-1 = Open Concerted on your other device: Settings, Devices, Add a device.
second-device-step-2 = Scan this code with its camera, or copy it over.
second-device-step-3 = Both screens show a number. Compare them.
second-device-qr = Code for your other device
second-device-copy = Copy the code
second-device-waiting = Waiting for your other device…
second-device-finishing = Almost there. Keep both devices on.
second-device-offer = Show the code
add-device-title = Add a device
add-device-about = On the new device open Concerted and tap “Add this as a second device”. Scan its code with your camera, or paste it here.
add-device-question = Do you want to add the device that showed this code?
add-device-code = Code of the new device
add-device-caution = Only add a device that you hold in your hand. It can do all that you can.
add-device-go = Add it
add-device-done = The new device is added.
add-device-not-begun = Open this code on the device on which you are already a member.
compare-question = Do both screens show this number?
compare-about = If they differ, someone is in between. Then stop.
compare-same = Yes, the same
compare-different = No, stop
