# What to say when something was refused or has failed.

failure-not-begun = This phone has not begun yet. Start a committee or open a link first.
failure-begun = This phone is in use already. Wipe it first if you want to begin anew.
failure-input = Something you typed cannot be used.
failure-unknown = That is not here (any more).
failure-ambiguous = More than one fits. Say it more exactly.
failure-refused = The server did not accept this.
failure-unreachable = The server cannot be reached. Check the connection and try again.
failure-relay = The server gave an answer that cannot be right. Do not trust it.
failure-not-member = You are not a member here.
failure-state = This is not possible now.
failure-stopped = The app stopped before it was done. Try again.
failure-other = That did not work.

rule-other = The committee's rules do not allow this ({ $rule }).
rule-R-005 = This device is not a member's device here.
rule-R-020 = A name has 1 to 40 characters, and no hidden ones.
rule-R-021 = Someone here has that nickname already. Choose another.
rule-R-022 = This request cannot be used any more. Perhaps the person asked twice.
rule-R-023 = Too many people are waiting already. Answer some requests first.
rule-R-024 = This request is no longer open.
rule-R-025 = You have already vouched for this person.
rule-R-026 = You are new here. You can vouch once your waiting time is over.
rule-R-027 = You have vouched for as many people as the bylaws allow for now.
rule-R-028 = The committee is growing too fast. The bylaws ask to wait.
rule-R-029 = It is too late, or too early, to object.
rule-R-030 = There are too many open invitations. Close one first.
rule-R-031 = This invitation is closed already.
rule-R-042 = Too many device changes today. Use your 12 words, or wait a day.
rule-R-043 = You have the most devices allowed.
rule-R-044 = You have already asked for this, or it is your own device.
rule-R-045 = This can no longer be objected to, or not from this device.
rule-R-054 = You have changed the locks within the last week, and nobody needs it now.
rule-R-060 = The last member cannot leave. Wipe this phone instead.
rule-R-072 = The message is too long.

hindered-R-021 = Someone here has that nickname already. They can withdraw and ask again under another.
