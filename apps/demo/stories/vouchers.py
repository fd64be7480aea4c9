"""Coupons, gift cards and the subscription box."""

from apps.demo.stories.model import Topic
from apps.demo.stories.orders import GOODS

COUPON = Topic(
    slug="coupon",
    queues={"billing-chat": 2.5, "sales-chat": 2.5, "social": 2, "whatsapp": 1},
    intent="coupon_problem",
    sources=("kb:coupons", "kb:campaign-terms"),
    items=GOODS,
    subject="(Coupon <coupon> does not work|Discount code refused|<coupon> not accepted)",
    opening=(
        "(code|the code|coupon|voucher code) <coupon> (doesn't work|isn't accepted|gives an error), (it says 'not valid for this basket'|it says expired).",
        "(I got|you sent me) <coupon> in the newsletter, (the basket won't take it|nothing happens when I enter it).",
        "forgot to enter <coupon> (on|with) order <order>, (can you still take it off?|can I still get the discount?)",
        "(why can't I use|can I use) two codes? (I have <coupon> and a birthday one.|<coupon> plus the welcome code.)",
    ),
    extra=(
        "It's valid until <next_day> (according to the mail|it says).",
        "The <item> is nearly sold out in my size so (please be quick|I'm in a hurry).",
        "basket is over <fee>0.",
    ),
    ask=(
        "(What is in your basket|Which things are in the basket)?",
        "(Are you signed in|Is it the account with which you get the newsletter)?",
    ),
    detail=(
        "just the <item>.",
        "signed in, yes, (same address as the newsletter|same mail).",
        "<item> and a pair of socks.",
    ),
    found=(
        "(The <item> is already reduced|The <item> is on sale), and <coupon> only works on full-price goods.",
        "<coupon> is tied to (your newsletter address|another address).",
        "(There was a mistake in the campaign|The campaign was set up wrongly), it was switched off an hour too early.",
    ),
    talk=(
        (
            "(that's not written anywhere|where does it say that?)",
            "It's (at the end of the mail|in the small print), (but I agree it's easy to miss|granted, it is small).",
        ),
        (
            "(can you just take off the 10 %?|can't you make an exception?)",
            "I can make you a code of my own for this basket, once.",
        ),
        ("(how long is it valid?|until when can I use it?)", "Until <next_day>, midnight."),
    ),
    solve=(
        "Use <coupon>-P instead, it works on the <item> until <next_day>.",
        "I have taken the discount off order <order> by hand, <fee> goes back to you.",
    ),
    pleased=("worked! thanks", "yay, ordered.", "sweet, cheers."),
    upset=("feels like bait to be honest.", "then don't send me codes that don't work."),
    bot=(
        "<coupon> is valid until <next_day>, but not for reduced goods. The <item> is reduced at the moment.",
        "Only one code works per order. The higher one is <coupon>.",
    ),
    bot_talk=(
        (
            "(but the mail says everything|the mail said on everything)",
            "The terms of <coupon> name full-price goods only.",
        ),
        ("(ok which items then?|what can I use it on?)", "It works on everything without the red sale tag."),
    ),
    note=("Goodwill code <coupon>-P, one use.", "Campaign ended early by mistake, marketing knows."),
    summary="Code <coupon> refused in the basket with <item>. The customer has the newsletter.",
    again=("<coupon>-P doesn't work either.",),
    discloses=("email",),
    tags=("coupon",),
)

GIFT_CARD = Topic(
    slug="gift-card",
    queues={"billing-chat": 1.8, "email-general": 1.2, "sales-chat": 1},
    intent="gift_card_balance",
    sources=("kb:gift-cards", "tool:gift-card"),
    items=GOODS,
    subject="(Gift card problem|Balance of my gift card|Gift card <code>)",
    opening=(
        "(the gift card|my gift card) ending (<code>|in <code>) (shows zero|has no balance), (I never used it|it was a present).",
        "(I bought|I ordered) a <fee>0 gift card <past_day> and (the mail with the code hasn't come|nothing arrived by mail).",
        "(can I pay|is it possible to pay) part with a gift card and the rest by card? (The checkout won't let me.|I can't see how.)",
        "I scratched the gift card and (can't read|rubbed off) two (digits|numbers) of the code.",
    ),
    extra=(
        "It's for a birthday (tomorrow|on <next_day>).",
        "From my aunt, she has the receipt.",
        "no rush, just curious.",
    ),
    ask=(
        "(Could you read me|What are) the last six characters and the serial on the back?",
        "Which address was (entered|given) for the mail?",
    ),
    detail=(
        "last ones are <code>, serial <tracking>.",
        "she still has the receipt from <town>, <past_day>.",
        "(mine I think|I used my own address).",
    ),
    found=(
        "(The card was never switched on|It was never activated) at the till in <town>.",
        "The mail (bounced|came back), there's a letter too many in the address.",
        "It was used on <past_day> for order <order>.",
    ),
    talk=(
        ("(does it run out?|when does it expire?)", "Gift cards are good for (three|four) years from purchase."),
        (
            "(can you turn it into cash?|cash out possible?)",
            "Not into cash, I'm afraid, but it can be split over several orders.",
        ),
        (
            "(what if I return the thing?|what happens if I send the goods back?)",
            "Then the amount goes back on the card.",
        ),
    ),
    solve=(
        "The card is active now with <fee>0 on it.",
        "I've sent a new code to the corrected address, the old one is blocked.",
    ),
    pleased=("balance shows, (magic|wonderful)!", "great, birthday saved."),
    upset=("embarrassing when it's a present.",),
    bot=(
        "The card ending in <code> is active. For the balance open 'Gift cards' in your account and enter the code.",
        "You can pay with a gift card first and the rest by card: choose the gift card, then 'pay the rest'.",
    ),
    bot_talk=(
        (
            "(it shows 0|balance is zero)",
            "Then the card may not have been activated at the till. Keep the receipt, it helps to activate it later.",
        ),
    ),
    note=("Activated by hand after receipt check, till <town>.",),
    summary="Gift card ending in <code> shows no balance, bought in <town>. Receipt exists.",
    again=("the gift card <code> is at zero again.",),
    discloses=("email", "address"),
    tags=("gift-card",),
)

SUBSCRIPTION_BOX = Topic(
    slug="subscription-box",
    queues={"billing-chat": 2, "email-general": 1.5, "sales-chat": 0.8},
    intent="refund_status",
    sources=("kb:trail-box", "kb:subscription-pause"),
    items=("Trail Box", "Trail Box for two", "Winter Trail Box"),
    subject="(Cancel my <item>|<item> charged again|Pause the <item>)",
    opening=(
        "(I want to|how do I) (pause|cancel|stop) my <item>, (the button in the account does nothing|there's no option in the app).",
        "(I cancelled|I stopped) the <item> in (spring|September) and (was charged again|you took <fee> again).",
        "this month's <item> (had the same things as last time|was quite thin), (can I skip one?|what can I change?)",
        "can I (send|give) the next <item> to (another address|a friend)?",
    ),
    extra=(
        "nothing against it, (I just have enough socks|we're short on money).",
        "I have the cancellation mail (here|still).",
    ),
    ask=("(Pause or end|Do you want to pause or end it)?", "(On which date|When) did you cancel?"),
    detail=("(end it|stop it for good) please.", "pause until (spring|March).", "on <past_day>, by the app."),
    found=(
        "(Your cancellation came in|You cancelled) two days after the cut-off, that's why one more was charged.",
        "(The app has a bug|There's a bug in the app): the pause was not saved.",
    ),
    talk=(
        ("(do I get the last one refunded?|can you refund this month?)", "Yes, <fee> goes back, keep the box."),
        ("(what's the cut-off?|until when can I cancel?)", "Always the 20th for the next month."),
        (
            "(can I pick what's in it?|can I choose the things?)",
            "You can rule out three kinds of goods in the account, (socks, for one|e.g. socks).",
        ),
    ),
    solve=(
        "The <item> (ends now|is ended), no further charges, (confirmation is on its way|you have a mail).",
        "Paused until March, you'll get a reminder a week before.",
    ),
    pleased=("thanks, (no hard feelings|nice box otherwise).", "perfect, see you in spring."),
    upset=("subscriptions that can't be cancelled are a trap.",),
    bot=(
        "The <item> can be paused or ended until the 20th of each month under 'Subscriptions'.",
        "Your <item> is active, the next charge of <fee> is on the 25th.",
    ),
    bot_talk=(
        (
            "(the button doesn't work|that page is empty)",
            "Please try the web page instead of the app, the pause button is at the very end.",
        ),
    ),
    note=("App pause not saved, ended by hand, <fee> refunded.",),
    summary="Wants to stop the <item>, says the button fails. Last charge <fee>.",
    again=("you charged the <item> AGAIN, <fee>.",),
    discloses=("email", "iban"),
    tags=("subscription",),
)

TOPICS = (COUPON, GIFT_CARD, SUBSCRIPTION_BOX)
