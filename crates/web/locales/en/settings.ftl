# Settings.

settings = Settings
language = Language
appearance = Light or dark
appearance-system = Like the phone
appearance-light = Light
appearance-dark = Dark

## Passphrase

passphrase-title = Passphrase
passphrase-about = With a passphrase, what is stored on this phone is locked. Whoever takes the phone cannot read it while the app is closed. You type it each time you open the app.
passphrase-is-set = A passphrase is set.
passphrase-is-not-set = No passphrase is set.
passphrase-new = New passphrase
passphrase-new-hint = Four or five words that nobody would guess are good.
passphrase-again = The same again
passphrase-set = Set passphrase
passphrase-short = { $count ->
    [one] Use at least { $count } character.
   *[other] Use at least { $count } characters.
}
passphrase-differs = The two are not the same.
passphrase-remove = Remove the passphrase
passphrase-remove-question = Then anyone who can open this phone can read what is stored here. Remove?
passphrase-remove-yes = Remove

## Devices

devices = Devices
devices-about = You can use Concerted on several devices as the same member.
lost-device = A device was lost or taken
lost-device-about = With your 12 words you shut out all your other devices, in all committees.
lost-device-removes = They can read nothing that comes after, and nothing they send counts.
lost-device-kept = What they had read before is still on them.
lost-device-without = Without your words: ask two members to open your name under People and report the device. It takes a few days.
lost-device-go = Shut out my other devices
lost-device-question = Shut out all your devices except this one?
lost-device-yes = Shut them out
lost-device-done = Done. Only this device is yours now.

## Wiping

wipe = Wipe this phone
wipe-about = Deletes everything that Concerted has stored on this phone.
wipe-still-member = You stay a member of your committees.
wipe-back = You can come back only with your 12 words, or from another device of yours.
wipe-go = Delete everything here
wipe-question = Do you have your 12 words? Delete now?
wipe-yes = Delete everything

## About

about = About this app
about-server = What the server can see
about-server-1 = It cannot read what you say, how you vote or what your committee is called.
about-server-2 = It does not know who is a member: it has no names, numbers or e-mail addresses.
about-server-3 = It sees that something of about this size arrived, and when.
about-server-4 = It can see the internet address of your phone, and so guess which committees one phone uses. A VPN or Tor hides that.
about-server-5 = It also hands out this app. You trust it for that; the app hash below lets you check.
about-app = This app
about-version = Version
about-hash = App hash
about-hash-about = Compare it with the one that others see, or that the project publishes. If it is the same, the app is the same.
about-hash-copy = Copy the hash
