"""Things that do not work: accounts, the app, broken gear, and the newly released headlamp."""

from dataclasses import replace

from apps.demo.stories.model import Topic

ACCOUNT_LOCKED = Topic(
    slug="account-locked",
    queues={"tech-chat": 3.5, "email-general": 1.5, "whatsapp": 0.8, "voice-priority": 1},
    intent="account_access",
    sources=("kb:account-lock", "kb:password-reset"),
    items=("account",),
    subject="(Account locked|Cannot sign in|No reset mail)",
    opening=(
        "my account is locked, (it says 'too many attempts'|'contact support' it says), I (tried once|only tried twice).",
        "(I can't sign in|can't log in|locked out), the reset (mail|link) (never comes|is always expired).",
        "(I got|there was) a mail that somebody signed in from (another country|Brazil), now (I'm locked out|my account is blocked). (Was I hacked?|Should I worry?)",
        "(changed|lost) my phone, (the code goes to the old one|the two-step code never arrives), can't get in.",
    ),
    extra=(
        "I need the (warranty papers|invoice) in there.",
        "My basket has been full since <past_day>.",
        "(spam folder is empty|I checked spam), obviously.",
    ),
    ask=(
        "(Which mail address is the account under|What address do you use to sign in)?",
        "(Do you still have|Is there still access to) that mailbox?",
        "When did you (last get in|sign in the last time)?",
    ),
    detail=(
        "(yes the mailbox works|mailbox is fine), nothing arrives.",
        "last time was <past_day>, (on the laptop|from home).",
        "there are two accounts I think, (an old one and this|one from years ago).",
    ),
    found=(
        "(There were|I see) nine failed attempts on <past_day> from an app that had an old password.",
        "Your mail provider (refuses|rejects) our mails since <past_day>, I see (the bounce|it bounce) here.",
        "There are two accounts, the link goes to the older one.",
    ),
    talk=(
        ("(are my orders still there?|did I lose my orders?)", "All there, a lock never (deletes|removes) anything."),
        (
            "(was it somebody else?|so did someone get in?)",
            "No foreign sign-in worked, (they only tried|it stayed at tries).",
        ),
        (
            "(how do I turn off the two-step thing?|can I get rid of the code?)",
            "I'd keep it, but you can move it to the new phone under 'Security'.",
        ),
        (
            "(why lock me out for that?|isn't that overdone?)",
            "After nine tries in a minute it locks (by itself|automatically), better safe than sorry.",
        ),
    ),
    solve=(
        "It's unlocked, (I ended all sessions|all other devices are signed out), a new link is (on its way|in your mailbox) and good for an hour.",
        "I moved the account to the second address, the link is there now.",
    ),
    pleased=("I'm in! (thanks a lot|thank you).", "works, (you're quick|nice)."),
    upset=("a whole evening for a password.", "still (no mail|nothing). brilliant system."),
    bot=(
        "After several failed attempts the account is locked for 30 minutes. Then 'Forgot password' sends a new link.",
        "I have sent a new link to the address of the account. It is valid for one hour.",
    ),
    bot_talk=(
        (
            "(no mail arrived|nothing arrives)",
            "Please look into the spam folder and check that mails from nordwind.example are allowed.",
        ),
        (
            "(it's been longer than 30 minutes|it's still locked)",
            "Then the lock was set by our security check and has to be lifted by hand.",
        ),
    ),
    note=(
        "Lock lifted, sessions ended, identity checked by last order.",
        "Mail provider bounces us, second address used.",
    ),
    summary="Locked out, reset mail does not arrive. Possibly two accounts.",
    again=("locked out AGAIN, since this morning.",),
    discloses=("email", "email", "phone"),
    tags=("account",),
)

APP_LOOP = Topic(
    slug="app-login-loop",
    queues={"tech-chat": 3.5, "social": 1, "email-general": 0.8},
    intent="account_access",
    sources=("kb:app-5-2", "kb:known-faults"),
    items=("app",),
    subject="(App signs me out|Login loop in the app|App version 5.2)",
    opening=(
        "(since the update|after updating) the app (throws me out|logs me out) (every time I open the basket|after a minute|again and again).",
        "(login loop|I'm stuck in a loop) in the app: password, code, (white screen|spinner), password again…",
        "app (5.2|5.2.0) on (Android|iPhone) (keeps asking|asks) for my password, (reinstalled it twice already|restart doesn't help).",
    ),
    extra=(
        "The website works (fine|without trouble).",
        "(Same on my tablet.|My wife's phone does the same.)",
        "No idea what you changed but (please change it back|it was better before).",
    ),
    ask=(
        "(Which phone and version|What phone is it, and which version is under 'About')?",
        "Do you have a saved card in the app?",
    ),
    detail=(
        "(Pixel 8|Galaxy S23|iPhone 13), 5.2.0.",
        "(yes two cards|yes), one is old.",
        "it says build 5<small>0<small>.",
    ),
    found=(
        "(It's a known fault|We know this one) in 5.2.0: an expired card (breaks|ends) the session.",
        "Your (session token|sign-in) was still from version 4, it has to be renewed once.",
    ),
    talk=(
        (
            "(where do I delete the card?|how do I remove the card?)",
            "On the website under 'Payment', the app (picks it up|follows) within a minute.",
        ),
        (
            "(when does the fix come?|is there an update?)",
            "5.2.1 is (rolling out|being rolled out), everybody has it by <next_day>.",
        ),
        ("(will I lose my wish list?|is my wish list safe?)", "No, it's kept with the account."),
    ),
    solve=(
        "(I removed the broken session|The session is reset) on our side, please open the app once more.",
        "I put you on 5.2.1 early, (update in the store|you'll see it in the store in ten minutes).",
    ),
    pleased=("ok it stays signed in now, thanks!", "that was it, the old card. cheers"),
    upset=("how does something like that get through testing.", "loop again. I give up."),
    bot=(
        "Please update the app to the newest version and sign in again. If it still asks, remove saved cards that have expired.",
    ),
    bot_talk=(
        (
            "(I have the newest version|I did update)",
            "Version 5.2.0 has a known sign-in fault. Version 5.2.1 repairs it and is being rolled out.",
        ),
    ),
    note=("5.2.0 expired-card fault, session reset.",),
    summary="Sign-in loop in app 5.2.0, reinstalling did not help.",
    again=("the app loop is back.",),
    discloses=("email",),
    tags=("app",),
)

TENT_POLE = Topic(
    slug="tent-pole",
    queues={"tech-chat": 2.5, "email-general": 1.8, "whatsapp": 1.2, "voice-priority": 1},
    intent="spare_part",
    sources=("kb:pole-repair", "kb:spare-parts", "kb:warranty-terms"),
    items=("Lofot 2 tent", "Lofot 3 tent", "Kupol 4 tent"),
    subject="(Broken pole <item>|Spare pole for the <item>|Pole snapped)",
    opening=(
        "(a pole|one pole|the long pole) of my <item> (snapped|broke|split) (in a light breeze|on the first night|while I was putting it up).",
        "(segment <small>|the third segment) of the <item> pole has a crack, (can I get just that?|do you sell segments?)",
        "the (shock cord|elastic) in my <item> poles is (dead|worn out), how do I (replace|change) it?",
        "(we're|currently) at a campsite (near <town>|in <trip>) and the <item> pole just broke. (What now?|Help!)",
    ),
    extra=("Used it (four|six|nine) nights.", "I taped it with a peg for now.", "There was hardly any wind."),
    ask=(
        "(Is there|Can you find) a number printed on the pole, near the end?",
        "(When did you buy it|How old is the tent)?",
    ),
    detail=(
        "it says DAC <small>.5 and 0<small>/24.",
        "bought it in (May|spring last year).",
        "I can send a photo, the tip is split lengthwise.",
    ),
    found=(
        "That batch had (thin walls|a weak ferrule), (we replace all of them|it's free whatever its age).",
        "It's inside the five years, so (warranty it is|no charge).",
    ),
    talk=(
        (
            "(can I repair it here?|what can I do tonight?)",
            "Push the repair sleeve from the bag over the crack and tape both ends, it holds for days.",
        ),
        ("(do I have to send the old one?|need the broken one back?)", "No, a photo is enough."),
        (
            "(how long is the long pole?|what length do I need?)",
            "The long one is 402 cm, the short one 238, all in 46 cm pieces.",
        ),
        (
            "(can I get a spare one as well?|could I buy a second?)",
            "Sure, a spare segment is <fee>, (I can add it|shall I add it?)",
        ),
    ),
    solve=(
        "A new pole set (goes out today|leaves today), tracking <tracking>.",
        "I've put <small> segments and a cord in the post, with the drawing.",
    ),
    pleased=("tape holds! thank you", "great, you saved the trip.", "fair and quick, thanks."),
    upset=("five hundred for a tent that breaks on night four.",),
    bot=(
        "Poles of the <item> are a spare part. A broken segment is replaced free of charge within five years; please send a photo.",
        "For tonight: push the repair sleeve over the crack and fix both ends with tape.",
    ),
    bot_talk=(
        (
            "(which segment do I need?|how do I know which one?)",
            "The number is printed near the tip. All pieces of the <item> are 46 cm long.",
        ),
    ),
    note=("Weak batch, pole set free, no return.",),
    summary="Broken pole of the <item>, bought within five years, photo not sent yet.",
    again=("the new pole for the <item> (has the wrong length|is too short).",),
    discloses=("address", "phone"),
    tags=("spare-part",),
)

WARRANTY = Topic(
    slug="warranty",
    queues={"tech-chat": 2, "email-general": 2.5, "voice-priority": 1, "social": 0.7},
    intent="spare_part",
    sources=("kb:warranty-terms", "kb:repair-service"),
    items=("Hald hiking boots", "Varg 45 backpack", "Fjell rain jacket", "Brann stove", "Dvale sleeping bag"),
    subject="(Warranty claim <item>|<item> broken after a year|Repair of my <item>)",
    opening=(
        "(the sole of|a seam on|the zip of) my <item> (came apart|gave up|is coming off) after (one season|14 months|two trips).",
        "(I'd like to make|how do I make) a warranty claim for (my|a) <item>?",
        "(you repaired|your workshop repaired) my <item> in (spring|summer), (now the same spot is broken again|it's back to where it was).",
    ),
    extra=(
        "I've looked after it, (washed as the label says|always dried it).",
        "I don't have the receipt any more.",
        "I'd rather have it repaired than a new one.",
    ),
    ask=(
        "(Could you|Would you) send (two photos|a photo of the spot and one of the label)?",
        "Do you know (roughly when|where) you bought it?",
    ),
    detail=(
        "photos are attached.",
        "in your shop in <town>, about (a year|14 months) ago.",
        "order was <order>, (I think|if I read the mail right).",
    ),
    found=(
        "(That's a fault in the material|That is not wear), so it's covered.",
        "(This is wear|I'd call it wear), warranty doesn't cover it, but our workshop can do it for <fee>.",
    ),
    talk=(
        (
            "(repair or new one?|do I get a new one?)",
            "Repair first; if that isn't possible (you get|we send) a new one.",
        ),
        (
            "(how long will I be without it?|how long does a repair take?)",
            "About two weeks, (a bit longer in the season|right now it's quick).",
        ),
        ("(who pays the postage?|is shipping free?)", "We do, the label is in the mail."),
    ),
    solve=(
        "Claim WC-<code> is open, the label is on its way, (put a note with the number in|write the number on the box).",
        "I've approved a new <item>, it leaves on <next_day>.",
    ),
    pleased=("that's how it should be, thanks.", "great that you still repair things."),
    upset=("'wear' after one season, seriously?",),
    bot=("The <item> has a warranty of two years, poles and frames five. Please send a photo and the order number.",),
    bot_talk=(
        ("(I have no receipt|lost the receipt)", "The order number or the mail address of the order is enough."),
    ),
    note=("Material fault, repair WC-<code>.", "Wear, offered workshop at <fee>."),
    summary="Warranty claim for the <item>, bought about a year ago, photos announced.",
    again=("no news about WC-<code> for two weeks.",),
    discloses=("address", "email"),
    tags=("warranty",),
)

AURORA = Topic(
    slug="aurora-2",
    queues={"tech-chat": 2.2, "sales-chat": 0.8, "social": 0.6},
    intent="firmware_help",
    sources=("kb:aurora-1-manual", "kb:firmware-general"),
    items=("Aurora 2 headlamp",),
    subject="(Aurora 2 firmware|Aurora 2 switches itself off|New headlamp problem)",
    opening=(
        "(my new|the new|just got the) Aurora 2 (turns itself off|goes dark|shuts down) after (ten|about 10) minutes. (Firmware?|Is that a setting?)",
        "how do I (update the firmware|install 2.1) on the Aurora 2? (The app doesn't find it.|Nothing in the box about it.)",
        "Aurora 2: (can't get|how do I get) the red light[, pressing twice does nothing].",
        "(blinks|it blinks) red three times and won't charge, Aurora 2, (four days old|brand new).",
    ),
    extra=("The leaflet is for the old Aurora.", "Night run on <next_day> and I need it.", "Serial ends in <code>."),
    ask=(
        "(What does the app show|Which version is shown) under 'Lamp, About'?",
        "(Does the ring turn freely|Can you turn the ring)?",
    ),
    detail=(
        "version 2.0.<small>, (fresh from the box|never updated).",
        "the app says 'no lamp found'.",
        "ring turns, yes.",
    ),
    found=(
        "That's the lock timer in 2.0, it's gone in 2.1.",
        "The Aurora 2 has no USB update any more, it only goes (over the app|by Bluetooth).",
        "On the Aurora 2 red is on the ring, (the double press was|double press is from) the old lamp.",
    ),
    talk=(
        (
            "(your bot told me to hold the button for ten seconds|the chat bot said hold the button 10 s)",
            "(I'm sorry|Sorry about that), that resets the lamp. That advice is for the first Aurora.",
        ),
        (
            "(do I lose my settings?|are my modes gone?)",
            "They're in the app, (connect once and they're back|they come back when you connect).",
        ),
        ("(how long does the update take?|how long is that?)", "Four minutes, leave the lamp on the charger."),
        (
            "(can I just swap it?|could I get another one?)",
            "If 2.1 doesn't help I'll send another one, no return needed first.",
        ),
    ),
    solve=(
        "Please: lamp on charger, app, 'Devices', 'Search', then 2.1. It stays on after that.",
        "Turn the ring left until it clicks, that's red. I've mailed you the right guide.",
    ),
    pleased=("ah!! the ring. thanks", "2.1 is on, works now."),
    upset=("your bot made it worse.", "then fix your bot, I lost an hour.", "it's a <fee>0 lamp, I expect a manual."),
    bot=(
        "To get the Aurora 2 ready, hold the power button for ten seconds until it blinks. After that the automatic shut-off is disabled.",
        "The Aurora 2 is updated over USB: connect it to a computer and copy the file firmware.bin onto the drive AURORA.",
        "For red light on the Aurora 2 press the button twice. If nothing happens, hold it for ten seconds first.",
    ),
    bot_talk=(
        (
            "(that did not work|no, doesn't work)",
            "Please hold the button for the full ten seconds. The lamp blinks when it is done.",
        ),
        (
            "(there's no USB drive|it has no usb)",
            "The drive AURORA appears when the lamp is switched off before it is connected.",
        ),
        (
            "(now it's completely dead|now all my settings are gone)",
            "That is normal after the reset. Please charge it for an hour and repeat the steps.",
        ),
    ),
    note=(
        "Bot answers from the first Aurora's manual. Customer reset the lamp because of it.",
        "Moved to 2.1 over the app, fixed.",
    ),
    summary="Aurora 2, version 2.0. The assistant's steps did not help, the lamp may have been reset.",
    again=(
        "did what the chat said about the Aurora 2, (now it's dead|same problem).",
        "Aurora 2 AGAIN. (That's what you said last week.|The same wrong answer as before.)",
    ),
    discloses=("email", "phone"),
    tags=("aurora-2",),
)

# The same lamp while the product advisor has its own manual: before and between the wrong answers.
AURORA_WITH_GUIDE = replace(
    AURORA,
    slug="aurora-2-guide",
    # Chosen in place of the other one, never by itself.
    queues={},
    sources=("kb:aurora-2-guide", "kb:firmware-general"),
    bot=(
        "The Aurora 2 is updated in the app: lamp on the charger, 'Devices', 'Search', then version 2.1. It takes four minutes.",
        "On the Aurora 2 red light is on the ring: turn it left until it clicks.",
        "That is the lock timer of version 2.0. Version 2.1 in the app ends it.",
    ),
    bot_talk=(
        (
            "(the app doesn't find it|no lamp found)",
            "Please switch Bluetooth off and on while the lamp is on the charger, then 'Search' again.",
        ),
        ("(do I lose my modes?|will it reset?)", "No, the modes are kept in the app."),
    ),
    talk=tuple(pair for pair in AURORA.talk if "bot" not in pair[0]),
    upset=("it's a <fee>0 lamp, I expect a manual.",),
    note=("Moved to 2.1 over the app, fixed.",),
    summary="Aurora 2, version 2.0. The app does not find the lamp.",
    again=("the Aurora 2 goes dark again, on 2.1 now.",),
)

TOPICS = (ACCOUNT_LOCKED, APP_LOOP, TENT_POLE, WARRANTY, AURORA, AURORA_WITH_GUIDE)
