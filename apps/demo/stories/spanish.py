"""The same matters in Spanish, for the customers and people who speak it."""

from apps.demo.stories.model import Topic

GOODS = ("chaqueta Fjell", "tienda Lofot 2", "mochila Varg 45", "hornillo Brann", "saco Dvale")

PEDIDO = Topic(
    slug="late-parcel-es",
    queues={"whatsapp": 5, "email-general": 3, "voice-priority": 2, "social": 2},
    intent="order_status",
    sources=("kb:delivery-times", "tool:order-lookup"),
    items=GOODS,
    subject="(¿Dónde está el pedido <order>?|Pedido <order> sin llegar)",
    opening=(
        "(mi pedido <order>|el pedido <order>) (tenía que llegar|debía llegar) el <past_day> y (no ha llegado nada|sigo esperando).",
        "¿(dónde está|cuándo llega) mi <item>? El seguimiento (lleva <days> días parado|no se mueve).",
        "<carrier> dice 'entregado' pero (aquí no hay nada|nadie ha traído nada). Pedido <order>.",
    ),
    extra=("Salimos de viaje el <next_day>.", "Es un regalo.", "Pagué el envío urgente."),
    ask=("¿Me (confirma|puede decir) el código postal de la entrega?",),
    detail=("El seguimiento es <tracking>.", "No, (ningún aviso|ninguna nota)."),
    found=("Está en el almacén de <town> desde el <past_day>, (la etiqueta no se lee|con la etiqueta dañada).",),
    talk=(
        (
            "¿(No pueden mandar otro?|Y si no aparece?)",
            "Si el <next_day> no se ha movido, le enviamos otro urgente sin coste.",
        ),
        ("¿(Me devuelven el envío urgente?|Y lo que pagué de más?)", "Sí, le devolvemos <fee> hoy mismo."),
    ),
    solve=("He abierto una reclamación con <carrier> y la reviso el <next_day>.",),
    pleased=("¡Genial, gracias!", "Vale, espero hasta el <next_day>."),
    upset=("Eso mismo me dijeron el <past_day>.", "La próxima vez compro en otro sitio."),
    bot=("El pedido <order> está con <carrier>, último escaneo en <town>. Entrega prevista: <next_day>.",),
    bot_talk=(
        ("¿(Y si no llega?|Y si vuelve a fallar?)", "Si no hay movimiento el <next_day> se abre una reclamación sola."),
    ),
    note=("Reclamación abierta <tracking>.",),
    summary="Order <order> is late (Spanish speaker), last scan in <town>.",
    again=("El pedido <order> sigue sin llegar.",),
    discloses=("address", "phone"),
    language="es",
    tags=("delivery",),
)

REEMBOLSO = Topic(
    slug="refund-missing-es",
    queues={"billing-chat": 5, "email-general": 2, "tech-chat": 0.2, "sales-chat": 0.2},
    intent="refund_status",
    sources=("kb:refund-times", "tool:payment-lookup"),
    items=GOODS,
    subject="(Reembolso del pedido <order>|Cobro doble <amount>)",
    opening=(
        "devolví (la|mi) <item> hace <days> días y (no veo el reembolso|no me han devuelto <amount>).",
        "me han cobrado <amount> (dos veces|por duplicado), pedido <order>.",
        "¿(cuándo|para cuándo) me (devuelven|reembolsan) los <amount> del pedido <order>?",
    ),
    extra=("La tarjeta de entonces ya no existe.", "Tengo el resguardo."),
    ask=("¿Pagó con tarjeta o por transferencia?",),
    detail=("Con tarjeta.", "La entregué el <past_day>, resguardo <tracking>."),
    found=("La devolución se registró el <past_day>, el pago (estaba en revisión|faltaba por aprobar).",),
    talk=(
        ("¿(Cuánto tarda ahora?|Cuándo lo veo en la cuenta?)", "En <small> días laborables lo verá en su cuenta."),
        ("¿(Puede ir a otra cuenta?|Otra cuenta es posible?)", "Sí, lo cambio a transferencia."),
    ),
    solve=("Aprobado: <amount>, referencia RF-<code>.",),
    pleased=("Por fin, gracias.", "Perfecto, muy amable."),
    upset=("Siempre cinco días.", "Es mi dinero."),
    bot=("El reembolso del pedido <order> se aprobó el <past_day> y tarda hasta 5 días laborables.",),
    bot_talk=(
        (
            "(Ya han pasado.|Han pasado más de cinco días.)",
            "Según el registro el pago está en camino, referencia RF-<code>.",
        ),
    ),
    note=("Aprobado a mano, RF-<code>.",),
    summary="Refund of <amount> for <order> missing (Spanish speaker).",
    again=("Sigo sin ver el reembolso, RF-<code>.",),
    discloses=("iban", "card"),
    language="es",
    tags=("refund",),
)

CONSEJO = Topic(
    slug="advice-es",
    queues={"sales-chat": 5, "tech-chat": 3, "social": 1},
    intent="product_question",
    sources=("kb:boot-guide", "kb:stove-fuel"),
    items=("bota Hald", "zapatilla Kettu", "hornillo Brann", "tienda Lofot 2"),
    subject="(Pregunta sobre <item>|Consejo para <trip>)",
    opening=(
        "¿(qué tal va|me vale) la <item> para <trip> en (junio|octubre)?",
        "¿hay (recambios|piezas) para <item>? (Se me ha roto una.|Me falta una.)",
        "¿(cuándo vuelve|tendrán otra vez) <item> en talla <size>?",
    ),
    extra=("Salgo el <next_day>.", "Tengo el pie ancho."),
    ask=("¿Cuánto peso lleva (más o menos|normalmente)?",),
    detail=("Unos (9|12|15) kilos.", "Talla <size>."),
    found=("Esa talla media menos y es ancha por delante.", "Llegan <small> el <next_day>."),
    talk=(("¿(Es impermeable?|Aguanta la lluvia?)", "Sí, lleva membrana."),),
    solve=("Le guardo una hasta el <next_day>.",),
    pleased=("¡Gracias por el consejo!",),
    upset=("Pues no me aclara mucho.",),
    bot=("<item> talla media menos y es ancha por delante.",),
    bot_talk=(("¿(Y con lluvia?|Y si llueve?)", "La Hald lleva membrana, la Kettu seca antes."),),
    note=("Recomendado media talla más.",),
    summary="Advice on <item> (Spanish speaker).",
    again=("Ya no estaba reservada.",),
    discloses=("email",),
    language="es",
    tags=("advice",),
)

TOPICS = (PEDIDO, REEMBOLSO, CONSEJO)
