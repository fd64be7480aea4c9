"""Things that do not work: accounts, the app and the newly released headlamp."""

from dataclasses import replace

from apps.demo.stories.model import Thread, Topic

ACCOUNT_LOCKED = Topic(
    slug="account-locked",
    queues={"tech-chat": 3.5, "email-general": 1.5, "whatsapp": 0.2, "voice-priority": 1},
    intent="account_access",
    sources=("kb:account-lock", "kb:password-reset"),
    items=("account",),
    threads=(
        Thread(
            subject="(Account locked|Too many attempts)",
            opening=("my account is locked, it says 'too many attempts', I only tried (once|twice).", "(I'm locked out|locked out of my account), it says 'contact support'. (So here I am.|What now?)"),
            ask=(("When did you last get in?", "<past_day>, (on the laptop|from home)."), ("Do you use the app on an old phone as well?", "(yes, a tablet|there's an old phone), it could still have the old password.")),
            found=("I see nine failed attempts on <past_day> from an app that had an old password.",),
            solve=("It's unlocked, all other devices are signed out, and a new link is (on its way|in your mailbox). It's good for an hour.",),
            bot="After several failed attempts the account is locked for 30 minutes. Then 'Forgot password' sends a new link.",
            bot_talk=(("(it's been longer than 30 minutes|it's still locked)", "Then the lock was set by our security check and has to be lifted by hand."), ("(why lock me out for that?|isn't that overdone?)", "It protects the payment details in the account.")),
            summary="Locked out after failed attempts, 30 minutes are over.",
            note="Lock lifted, sessions ended, identity checked by the last order.",
            again="locked out AGAIN.",
        ),
        Thread(
            subject="(Cannot sign in|No reset mail|Password reset does not work)",
            opening=("(I can't sign in|can't log in), the reset mail never comes.", "tried 'forgot password' four times, no mail. (Spam folder is empty.|I checked spam.)"),
            ask=(("Do you still have access to the mailbox of the account?", "yes, the mailbox works, nothing from you arrives."), ("Could there be a second, older account?", "(there are two, I think|maybe), an old one from years ago.")),
            found=("Your mail provider has refused our mails since <past_day>.", "There are two accounts, the link goes to the older one."),
            solve=("I moved the account to your second address, the link is there now.", "I've sent the link another way, it's good for an hour."),
            bot="I have sent a new link to the address of the account. It is valid for one hour.",
            bot_talk=(("(no mail arrived|nothing arrives)", "Please look into the spam folder and check that mails from nordwind.example are allowed."),),
            summary="Reset mail does not arrive. Possibly two accounts.",
            note="Mail provider refuses us, second address used.",
            again="still can't sign in, no mail.",
        ),
        Thread(
            subject="(New phone, no code|Two-step code never arrives)",
            opening=("(changed|lost) my phone, the code goes to the old one, can't get in.", "the two-step code (never arrives|goes to a number I no longer have). (New phone.|I changed numbers.)"),
            ask=(("Do you have one of the backup codes?", "no, (never saved them|they were on the old phone)."), ("What did you order last, so that I know it's you?", "a sleeping bag, (in spring|a few months ago).")),
            found=("I see the old number in the account, it ends in <small><small>.",),
            solve=("I've taken the old number off. At the next sign-in you'll be asked for the new one.",),
            bot="The two-step number can be changed under 'Security' once you are signed in.",
            bot_talk=(("(but I can't sign in|that's the problem, I can't get in)", "Without the code and a backup code I cannot change it here."),),
            summary="Two-step code goes to an old phone, no backup codes.",
            note="Old number removed, identity checked by the last order.",
            again="the code still goes to the old phone.",
            talk=(("(how do I turn off the two-step thing?|can I get rid of the code?)", "I'd keep it, but you can move it under 'Security'."),),
        ),
        Thread(
            subject="(Somebody signed in to my account|Was I hacked?)",
            opening=("there was a mail that somebody signed in from another country, now my account is blocked. (Was I hacked?|Should I worry?)", "your mail says 'new sign-in from Brazil'. (That wasn't me.|I'm in <town>.) Now I'm locked out."),
            ask=(("Do you use the same password somewhere else?", "(yes, unfortunately|I'm afraid so)."),),
            found=("They tried, but no foreign sign-in worked. The lock did its job.",),
            solve=("It's unlocked, every device is signed out, please choose a new password with the link I've sent.",),
            bot="The account was blocked to protect it. 'Forgot password' sends a link with which you can open it again.",
            bot_talk=(("(did they see my card?|what did they see?)", "Full card numbers are never shown in the account."),),
            summary="Foreign sign-in attempt, account blocked, the customer is worried.",
            note="No foreign sign-in succeeded, sessions ended.",
            again="another mail about a sign-in from abroad!",
        ),
    ),
    extra=("I need the invoices in there.", "My basket has been full since <past_day>."),
    talk=(("(are my orders still there?|did I lose my orders?)", "All there, a lock never deletes anything."), ("(how do I keep that from happening again?|what should I change?)", "A password that's used nowhere else, that's all it takes.")),
    pleased=("I'm in! (thanks a lot|thank you).", "works, (you're quick|nice)."),
    upset=("a whole evening for a password.", "brilliant system."),
    discloses=("email", "email", "phone"),
    tags=("account",),
)  # fmt: skip

APP_LOOP = Topic(
    slug="app-login-loop",
    queues={"tech-chat": 3.5, "social": 1, "email-general": 0.8},
    intent="account_access",
    sources=("kb:app-5-2", "kb:known-faults"),
    items=("app",),
    threads=(
        Thread(
            subject="(App signs me out|Login loop in the app|App version 5.2)",
            opening=(
                "(since the update|after updating) the app (throws me out|logs me out) (every time I open the basket|after a minute|again and again).",
                "(login loop|I'm stuck in a loop) in the app: password, code, (white screen|spinner), password again…",
                "app 5.2.0 on (Android|iPhone) keeps asking for my password, (reinstalled it twice already|a restart doesn't help).",
            ),
            ask=(("Do you have a saved card in the app?", "yes, two, (one is old|one has expired)."), ("(What phone is it|Which phone is it), and which version is under 'About'?", "(Pixel 8|Galaxy S23|iPhone 13), 5.2.0.")),
            found=("It's a known fault in 5.2.0: an expired card (breaks|ends) the session.",),
            solve=("I removed the broken session on our side, please open the app once more.", "I put you on 5.2.1 early, you'll see it in the store in ten minutes."),
            bot="Please update the app to the newest version and sign in again. If it still asks, remove saved cards that have expired.",
            bot_talk=(("(I have the newest version|I did update)", "Version 5.2.0 has a known sign-in fault. Version 5.2.1 repairs it and is being rolled out."), ("(how do I remove a card?|where are the cards?)", "On the website under 'Payment'.")),
            summary="Sign-in loop in app 5.2.0, reinstalling did not help.",
            note="5.2.0 expired-card fault, session reset.",
            again="the app loop is back.",
        ),
    ),
    extra=("The website works (fine|without trouble).", "(Same on my tablet.|My wife's phone does the same.)", "No idea what you changed, but it was better before."),
    talk=(
        ("(where do I delete the card?|how do I remove the card?)", "On the website under 'Payment', the app follows within a minute."),
        ("(when does the fix come?|is there an update?)", "5.2.1 is being rolled out, everybody has it by <next_day>."),
        ("(will I lose my wish list?|is my wish list safe?)", "It's safe, it's kept with the account."),
    ),
    pleased=("ok it stays signed in now, thanks!", "that was it, the old card. cheers"),
    upset=("how does something like that get through testing.", "loop again. I give up."),
    discloses=("email",),
    tags=("app",),
)  # fmt: skip

AURORA = Topic(
    slug="aurora-2",
    queues={"tech-chat": 2.2, "sales-chat": 0.8, "social": 0.6},
    intent="firmware_help",
    sources=("kb:aurora-1-manual", "kb:firmware-general"),
    items=("Aurora 2 headlamp",),
    threads=(
        Thread(
            subject="(Aurora 2 switches itself off|New headlamp goes dark)",
            opening=("(my new|the new|just got the) Aurora 2 (turns itself off|goes dark|shuts down) after about ten minutes. (Firmware?|Is that a setting?)", "Aurora 2, (two days old|brand new), goes dark every ten minutes. (Is it broken?|How do I stop that?)"),
            ask=(("Which version does the app show under 'Lamp, About'?", "2.0.<small>, (fresh from the box|never updated)."),),
            found=("That's the lock timer in 2.0, it's gone in 2.1.",),
            solve=("Please: lamp on the charger, app, 'Devices', 'Search', then 2.1. It stays on after that.",),
            bot="To keep the Aurora 2 on, hold the power button for ten seconds until it blinks. After that the automatic shut-off is disabled.",
            bot_talk=(("(that did not work|no, doesn't work)", "Please hold the button for the full ten seconds. The lamp blinks when it is done."), ("(now it's completely dead|now all my settings are gone)", "That is normal after the reset. Please charge it for an hour and repeat the steps.")),
            summary="Aurora 2 goes dark, version 2.0. The assistant's steps did not help, the lamp may have been reset.",
            note="The bot still answers from the first Aurora's manual. Right steps given, reported.",
            again="did what the chat said about the Aurora 2, now it's dead.",
        ),
        Thread(
            subject="(Aurora 2 firmware|Update for the Aurora 2)",
            opening=("how do I (update the firmware|install 2.1) on the Aurora 2? (The app doesn't find it.|Nothing in the box about it.)", "want to put 2.1 on my new Aurora 2. (Where's the file?|How does that work?)"),
            ask=(("What does the app say when you press 'Search'?", "the app says 'no lamp found'."),),
            found=("The Aurora 2 has no USB update any more, it only goes by Bluetooth from the app, with the lamp on the charger.",),
            solve=("Charger, Bluetooth off and on, then 'Search': it shows up and takes 2.1 in four minutes. I've mailed you the right guide.",),
            bot="The Aurora 2 is updated over USB: connect it to a computer and copy the file firmware.bin onto the drive AURORA.",
            bot_talk=(("(there's no USB drive|no drive shows up)", "The drive AURORA appears when the lamp is switched off before it is connected."), ("(it only has a charging port|this lamp has no data port)", "Please use the cable that came with the lamp.")),
            summary="Wants 2.1 on the Aurora 2. The assistant described a USB update that this lamp does not have.",
            note="The bot still answers from the first Aurora's manual. Right steps given, reported.",
            again="Aurora 2 update still doesn't work.",
        ),
        Thread(
            subject="(Red light on the Aurora 2|Aurora 2: no red light)",
            opening=("Aurora 2: (can't get|how do I get) the red light, pressing twice does nothing.", "where is the red light on the new Aurora 2? (Double press does nothing.|The leaflet says press twice.)"),
            ask=(("Does the ring around the lamp turn freely?", "the ring turns, yes. (Is that a switch?|I thought that's for the focus.)"),),
            found=("On the Aurora 2 red is on the ring, the double press was the old lamp.",),
            solve=("Turn the ring left until it clicks, that's red. I've mailed you the right guide.",),
            bot="For red light on the Aurora 2 press the button twice. If nothing happens, hold it for ten seconds first.",
            bot_talk=(("(that did not work|twice does nothing, as I said)", "Please hold the button for the full ten seconds, then press twice."), ("(now all my modes are gone|now it blinks and nothing works)", "That is normal after the reset. Please repeat the steps.")),
            summary="No red light on the Aurora 2. The assistant had the lamp reset.",
            note="The bot still answers from the first Aurora's manual. Right steps given, reported.",
            again="Aurora 2 AGAIN. The same wrong answer as before.",
        ),
    ),
    extra=("The leaflet seems to be for the old Aurora.", "Night run on <next_day> and I need it.", "The serial ends in <code>."),
    talk=(
        ("(your bot told me to hold the button for ten seconds|the chat bot said something else)", "Sorry about that, that advice is for the first Aurora."),
        ("(do I lose my settings?|are my modes gone?)", "They're in the app, they come back when you connect."),
        ("(how long does the update take?|is 2.1 a big update?)", "Four minutes, leave the lamp on the charger."),
        ("(can I just swap it?|could I get another one?)", "If this doesn't help I'll send another one, no return needed first."),
    ),
    pleased=("ah!! that's it. thanks", "works now."),
    upset=("your bot made it worse.", "then fix your bot, I lost an hour.", "it's a <fee>0 lamp, I expect a manual."),
    discloses=("email", "phone"),
    tags=("aurora-2",),
)  # fmt: skip

_GUIDE = (
    (
        "That is the lock timer of version 2.0. Version 2.1 in the app ends it: lamp on the charger, 'Devices', 'Search'.",
        (("(the app doesn't find it|no lamp found)", "Please switch Bluetooth off and on while the lamp is on the charger, then 'Search' again."), ("(do I lose my modes?|will it reset?)", "No, the modes are kept in the app.")),
    ),
    (
        "The Aurora 2 is updated in the app: lamp on the charger, 'Devices', 'Search', then version 2.1. It takes four minutes.",
        (("(the app doesn't find it|no lamp found)", "Please switch Bluetooth off and on while the lamp is on the charger, then 'Search' again."), ("(do I lose my modes?|will it reset?)", "No, the modes are kept in the app.")),
    ),
    (
        "On the Aurora 2 red light is on the ring: turn it left until it clicks.",
        (("(it's stiff|the ring is stiff)", "It gets easier after a few turns."), ("(does it blink too?|and red blinking?)", "Turn it one click further.")),
    ),
)  # fmt: skip

# The same lamp while the product advisor has its own manual: before and between the wrong answers.
AURORA_WITH_GUIDE = replace(
    AURORA,
    slug="aurora-2-guide",
    # Chosen in place of the other one, never by itself.
    queues={},
    sources=("kb:aurora-2-guide", "kb:firmware-general"),
    threads=tuple(
        replace(thread, bot=bot, bot_talk=talk, summary=thread.summary.split(".")[0] + ".", note="Right steps given.", again="the Aurora 2 does it again.")
        for thread, (bot, talk) in zip(AURORA.threads, _GUIDE, strict=True)
    ),
    talk=tuple(pair for pair in AURORA.talk if "bot" not in pair[0]),
    upset=("it's a <fee>0 lamp, I expect a manual.",),
)  # fmt: skip

TOPICS = (ACCOUNT_LOCKED, APP_LOOP, AURORA, AURORA_WITH_GUIDE)
