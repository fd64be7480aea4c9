"""Before the order: which boot, which fuel, is it in stock, and praise."""

from apps.demo.stories.model import Topic

BOOT_FIT = Topic(
    slug="boot-fit",
    queues={"sales-chat": 4.5, "whatsapp": 0.8, "social": 0.8, "email-general": 0.6},
    intent="fit_advice",
    sources=("kb:last-shapes", "kb:boot-guide"),
    items=("Hald hiking boots", "Kettu trail shoes", "Bre mid boots"),
    subject="(Which size in the <item>?|Advice on boots for <trip>|<item> for wide feet)",
    opening=(
        "(which of your boots|what boot) would you take for <trip> in (June|October), (I have wide feet|my heels slip in everything|hurt knees)?",
        "(are the <item> true to size?|do the <item> come up small?) I'm a (42|43.5|39|44) in (most shoes|running shoes).",
        "(torn between|can't decide between) Hald and Kettu for (huts and gravel|a week with 12 kilos|wet forest paths).",
        "(do you have|is there) something (for winter|lighter) like the <item>? (My old pair died.|Mine are ten years old.)",
    ),
    extra=("I get blisters (from everything stiff|on day two).", "We start on <next_day>.", "budget is <fee>0 or so."),
    ask=(
        "(How much do you carry|What does your pack weigh)?",
        "Which boots fit you well (so far|until now)?",
        "(Any trouble with|Have you had trouble with) your toes going downhill?",
    ),
    detail=(
        "(9|12|16) kilos, sometimes less.",
        "my last ones were (Lowa in 43.5|Meindl 42|Salomon, too narrow).",
        "big toe gets it downhill, always the left.",
    ),
    found=(
        "Hald (is cut wider|has more room) at the toes and runs half a size small.",
        "For what you describe Kettu is plenty, (it dries in a night|and it's 300 g lighter).",
    ),
    talk=(
        (
            "(can I walk in them before I decide?|may I test them outside?)",
            "Indoors as long as you like, outside only if you keep them.",
        ),
        (
            "(are they waterproof?|do they hold up in rain?)",
            "Hald yes, it has a membrane. Kettu no, but it dries faster.",
        ),
        (
            "(which socks with that?|thin or thick socks?)",
            "A thin merino one, thick socks make more blisters than they save.",
        ),
        ("(can they be resoled?|new soles possible?)", "Hald twice, our workshop does it for <fee>."),
    ),
    solve=(
        "I'd order Hald in two half sizes and send one back, the return is free.",
        "I put a pair in (43|44|42.5|40) aside for you until <next_day>.",
    ),
    pleased=("ordering both, thanks!", "very helpful, (thank you|cheers).", "ok going for the Hald."),
    upset=("hmm so it depends. not much of an answer.",),
    bot=(
        "For <trip> with a pack of up to 12 kilos the Kettu is light and dries fast. With more weight the Hald is stiffer.",
        "The Hald runs half a size small and is cut wide at the toes. From 43.5 I would take 44.",
    ),
    bot_talk=(
        ("(and for wide feet?|I have wide feet)", "The Hald is built on our widest last. The Bre is in between."),
        ("(what about waterproof?|is it waterproof?)", "The Hald has a membrane, the Kettu has none."),
    ),
    note=("Wide forefoot, two half sizes recommended.",),
    summary="Advice on boots for <trip>, wide feet, pack about 12 kilos.",
    again=("the Hald pinch after all, what now?",),
    discloses=("email",),
    tags=("advice",),
)

STOVE_FUEL = Topic(
    slug="stove-fuel",
    queues={"sales-chat": 3, "tech-chat": 1, "social": 0.6, "email-general": 0.5},
    intent="stove_fuel",
    sources=("kb:stove-fuel", "kb:flying-with-stoves"),
    items=("Brann stove", "Brann Duo stove", "Glo spirit burner"),
    subject="(Fuel for the <item>|Flying with the <item>|How much gas do I need)",
    opening=(
        "(can I take|may I fly with) the <item> (on the plane|in hold baggage)?",
        "(which|what) (gas|fuel) (fits|works in) the <item>, (and do I get it in <trip>?|and where do I buy it in <town>?)",
        "how much (gas|fuel) for (two people and 9 days|four days, one person|a week in the cold)?",
        "my <item> (burns yellow|hisses and goes out|smells of gas), is (that normal|this dangerous)?",
    ),
    extra=(
        "Nights are around minus five.",
        "First time with a stove, (sorry|so explain it like I'm five).",
        "We leave <next_day>.",
    ),
    ask=(
        "(Do you cook|Will you cook) properly or only boil water?",
        "(Screw valve or|Is it a screw valve or a) click valve?",
    ),
    detail=(
        "(only water for coffee and bags|coffee and noodles).",
        "screw valve.",
        "in the wind mostly, (on the beach|up at the tarn).",
    ),
    found=(
        "Any canister with the EN 417 thread (fits|works).",
        "(A yellow flame|Yellow) means the jet is dirty, (prick it|clean it) with the needle under the foot.",
    ),
    talk=(
        ("(can I fly with it or not?|so plane yes or no?)", "The stove yes, empty and clean. Fuel never."),
        (
            "(is winter gas worth it?|do I need winter gas?)",
            "Below zero yes, ordinary gas (stops at minus one|goes weak at zero).",
        ),
        (
            "(how many days does a 230 last?|how long does one canister last?)",
            "About <small> days for two if you only boil water.",
        ),
        (
            "(a wind shield all around ok?|can I wrap it in foil?)",
            "Never all around, the canister gets hot. Half open is fine.",
        ),
    ),
    solve=(
        "So: two 230 g winter canisters and the needle set, (that's it|nothing more). I've put them in a basket for you.",
        "Take one big and one small canister, you'll bring the small one home.",
    ),
    pleased=("good to know, thanks!", "ordered, (thank you|cheers)."),
    upset=("ok but the airline says something else.",),
    bot=(
        "The <item> takes every threaded canister of EN 417. The empty, clean stove may fly, fuel may not.",
        "For two people who only boil water, one 230 g canister lasts about <small> days.",
    ),
    bot_talk=(
        (
            "(and below zero?|what about frost?)",
            "Below zero take winter gas and keep the canister in the sleeping bag at night.",
        ),
    ),
    note=("Recommended winter gas and the needle set.",),
    summary="Fuel for the <item> and flying with it, trip to <trip>.",
    again=("the stove still burns yellow.",),
    discloses=("phone",),
    tags=("advice",),
)

IN_STOCK = Topic(
    slug="in-stock",
    queues={"sales-chat": 3, "social": 3, "whatsapp": 1.2, "voice-priority": 0.8},
    intent="product_question",
    sources=("kb:stock", "tool:store-stock"),
    items=("Varg 45 backpack", "Lofot 2 tent", "Tind down vest", "Fjell rain jacket", "Kupol 4 tent"),
    subject="(When is the <item> back?|<item> in <size>|Question about the <item>)",
    opening=(
        "(when is|will|is) the <item> (coming back|back in stock) (in green|in <size>|in rust)?",
        "(does the <item> have|is there) (a rain cover|a two-way zip|a hip belt pocket)? (The page doesn't say.|Can't see it in the pictures.)",
        "[@nordwind] my <item> (survived|made it through) (a week of sideways rain|the whole coast path), (just wanted to say thanks|chapeau).",
        "is the <item> (the same as last year's|different from the 2024 one), or (only the colour|just dearer)?",
    ),
    extra=("Would buy it (today|right away).", "I'm near <town> if a shop has one.", "(no hurry|just curious)."),
    ask=("(Which size|What size) are you looking for?", "(Shop or delivery|Would you collect it or have it sent)?"),
    detail=("<size>.", "sent home please.", "shop in <town> would be (great|ideal)."),
    found=(
        "(<small> pieces come|A delivery comes) in on <next_day>, (most are reserved|it goes fast).",
        "(There is one|One is left) in <town>, on the shelf.",
    ),
    talk=(
        ("(can you reserve one?|keep one for me?)", "Yes, for three days, under your name."),
        (
            "(will it be cheaper in the sale?|is it in the sale soon?)",
            "I honestly can't promise, that colour sells out before the sale.",
        ),
        ("(what does it weigh?|how heavy is it?)", "1,<small>40 g, weighed by us, not by the maker."),
    ),
    solve=(
        "I've reserved one until <next_day>.",
        "You'll get a mail the minute it's in, (you're first on the list|I put you on top).",
    ),
    pleased=("you're great, thanks!", "lovely, see you in <town>."),
    upset=("been 'back soon' since summer.",),
    bot=(
        "The <item> is expected back on <next_day>. Shall I send you a mail when it is in?",
        "In <town> there are <small> pieces of the <item> on the shelf today.",
    ),
    bot_talk=(("(yes please|yes mail me)", "Done, you get a mail when the <item> is in."),),
    note=("Reserved one, three days.",),
    summary="Asks when the <item> is back, could collect in <town>.",
    again=("the reservation in <town> was gone.",),
    discloses=("email", "phone"),
    tags=("stock",),
)

TOPICS = (BOOT_FIT, STOVE_FUEL, IN_STOCK)
