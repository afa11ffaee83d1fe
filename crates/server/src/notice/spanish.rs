//! The texts in Spanish.

use super::{Told, Words, says};
use crate::jurisdiction::profile;
use handsel_api::{
    consents::{Paragraph, Purpose},
    policy::{KeptIn, Policy, SearchedBy},
};

pub(super) const WORDS: Words = Words {
    language: "es",
    other: ("en", "English"),
    read_aloud: "Léemelo en voz alta",
    stop_reading: "Deja de leer",
    old_enough: "¿Tienes {age} años o más?",
    yes: "Sí, tengo {age} años o más",
    no: "No",
    sign: "Firma con tu nombre",
    phone: "Las cuatro últimas cifras de tu teléfono (si quieres)",
    phone_hint: "Solo se piden cuando la palma no basta. Sin ellas, ese pago va con tarjeta.",
    agree: "Estoy de acuerdo.",
    decline: "No, pago con tarjeta",
    dark: "La cámara está apagada hasta que digas que sí. Texto, versión {version}; una copia queda en tu cartera.",
    rules: "Las reglas sobre las palmas",
    holds: "Órdenes de guardar datos, en vigor ahora",
    enforced: "Estas reglas se aplicaron por última vez",
    never: "todavía no",
    machine: "Para máquinas",
};

pub(super) fn notice(purpose: Purpose, policy: &Policy) -> Told {
    let (title, first) = match purpose {
        Purpose::Payment => ("Paga con la palma de la mano", payment()),
        Purpose::Entry => ("Abre una puerta con la palma", entry()),
        Purpose::Loyalty => return loyalty(policy),
        Purpose::AgeCheck => ("Muestra tu edad con la palma", age_check()),
    };
    let mut paragraphs = first;
    paragraphs.extend(common(policy));
    if purpose == Purpose::Payment {
        paragraphs.push(says("¿Quién más toma parte?", processor(policy)));
        if policy.held {
            paragraphs.push(says(
                "¿Puedo llevarla yo?",
                "Sí. Entonces la lista va a tu móvil, o a una tarjeta que imprimes. Allí está bajo llave. No guardamos copia, ni llave que \
                 la abra. Para pagar, enseñas el código y muestras la mano. Se comparan los dos y se borran al momento. ¿La has perdido? \
                 Anúlala en tu cartera.",
            ));
        }
        if policy.offline {
            paragraphs.push(says(
                "¿Y si la tienda se queda sin línea?",
                "¿Pagaste con tu palma en una tienda en los últimos 30 días? Esa tienda puede guardar una copia cerrada de tu lista \
                 por un día. Si pierde la línea, puedes pagar allí hasta 25.00, y 50.00 al día. También das las cuatro últimas cifras \
                 de tu teléfono. La copia se borra o se renueva cada pocos minutos. Si la tienda está sin línea cuando te vas, no lo \
                 puede saber. La copia de allí se borra en 24 horas. No cobramos nada que se pague con ella después de irte.",
            ));
        }
        paragraphs.push(says(
            "¿Y si otra persona paga por mí?",
            "Ves tus letras y tu tarjeta antes de decir que sí. ¿No fuiste tú? Pulsa “This wasn’t me” en el recibo. O bloquea tus \
             palmas en tu cartera. Desde ese momento no abren nada.",
        ));
    }
    paragraphs.extend(law(policy));
    paragraphs.push(asking(policy));
    Told { title: title.to_owned(), paragraphs }
}

fn payment() -> Vec<Paragraph> {
    vec![
        taken("También tu nombre y qué tarjeta usas. Y las cuatro últimas cifras de tu teléfono, si las das."),
        says(
            "¿Para qué se usa?",
            "Para saber que eres tú cuando pagas aquí. Para nada más. No para anuncios. No para seguirte. No para saber tu edad, tu \
             salud o tu ánimo. Nunca se compara con caras. Al entrar vemos una vez que tu palma no esté en otra cartera de aquí.",
        ),
    ]
}

fn entry() -> Vec<Paragraph> {
    vec![
        taken("También tu nombre."),
        says(
            "¿Para qué se usa?",
            "Para abrir una puerta por la que puedes pasar, cuando muestras la mano. Para nada más. No para anuncios. No para seguirte. \
             Nunca se compara con caras.",
        ),
    ]
}

fn age_check() -> Vec<Paragraph> {
    vec![
        taken("También tu nombre."),
        says(
            "¿Para qué se usa?",
            "Para decir a una tienda una sola cosa: que tienes la edad para lo que compras. La tienda oye sí o no. No oye qué día naciste. \
             Para nada más. Nunca se compara con caras.",
        ),
    ]
}

fn taken(besides: &str) -> Paragraph {
    says(
        "¿Qué se toma?",
        format!(
            "Una cámara toma una foto de tu mano abierta. De ella sacamos una lista de números. Con la lista sabemos qué palma es la \
             tuya. La foto se borra al momento. Nunca la guardamos. Guardamos la lista. {besides}"
        ),
    )
}

/// What holds for every palm that is kept.
fn common(policy: &Policy) -> Vec<Paragraph> {
    vec![
        says("¿Dónde se guarda, y quién?", place(policy)),
        says("¿Cuánto tiempo?", long(policy)),
        says(
            "¿Cómo me voy?",
            "Abre tu cartera y pulsa “Delete everything”. O retira allí un solo sí. No te hace falta la palma. Todo se borra al \
             momento.",
        ),
        says(
            "¿Es obligatorio?",
            format!(
                "No. Puedes pagar con tarjeta en la misma caja, al mismo precio, hoy y siempre. Debes tener {} años o más.",
                policy.minimum_age
            ),
        ),
    ]
}

fn place(policy: &Policy) -> String {
    let kept = match policy.kept_in {
        KeptIn::File => "Está en un archivo de su máquina.",
        KeptIn::Database => "Está en una base de datos suya.",
    };
    let searched = match policy.searched_by {
        SearchedBy::Server => "Para buscarte se lee en la memoria de esa máquina.",
        SearchedBy::Matchers => "Para buscarte se lee en la memoria de otras máquinas suyas.",
        SearchedBy::Nobody => {
            "La ley no deja que una tienda te busque entre palmas que ella guarda. Por eso no se guarda ninguna."
        }
    };
    format!(
        "La guarda {}. {kept} Allí va cerrada con una clave solo tuya. {searched} No se vende, ni se presta, ni se da a nadie. Cada \
         tienda te conoce por otro nombre. Así no pueden comparar sus listas.",
        operator(policy)
    )
}

fn long(policy: &Policy) -> String {
    format!(
        "Hasta que digas basta. Si no la usas en {}, la borramos con todo lo que sabemos de ti. Si retiras cada sí, tu palma se borra \
         al momento y lo demás {} después. Un juez puede mandar que se guarden datos. Entonces quedan bajo llave. Nadie puede usarlos, \
         y se borran cuando la orden acaba. Los recibos quedan lo que pide la ley, pero ya no dicen quién eres.",
        span(policy.retention.unused_days),
        span(policy.retention.without_consent_days)
    )
}

fn processor(policy: &Policy) -> String {
    match policy.processor.as_str() {
        "sim" => {
            "Una casa de tarjetas que solo finge este programa. No se mueve dinero. Nunca recibe tu palma.".to_owned()
        }
        "stripe" => "Stripe mueve el dinero. Recibe el precio y tu tarjeta. Nunca recibe tu palma.".to_owned(),
        other => format!("{other} mueve el dinero. Recibe el precio y tu tarjeta. Nunca recibe tu palma."),
    }
}

fn law(policy: &Policy) -> Option<Paragraph> {
    Some(says("¿Qué dice la ley de aquí?", profile(policy.jurisdiction).notice?.es))
}

fn asking(policy: &Policy) -> Paragraph {
    let whom = match &policy.contact {
        Some(contact) => format!("Pregunta a {}: {contact}.", operator(policy)),
        None => format!("Pregunta a {} en la caja.", operator(policy)),
    };
    says("¿Quién me responde?", format!("{whom} Las reglas son públicas. Están en la página /policy."))
}

fn loyalty(policy: &Policy) -> Told {
    let mut paragraphs = vec![
        says(
            "¿De qué se trata?",
            "Das un número tuyo de una tienda, como el de cliente o socio. Cuando tu palma paga allí, la caja lo recibe con el pago. Se suman los \
             puntos y valen los precios de socio. No hace falta mostrar otra tarjeta.",
        ),
        says(
            "¿Quién lo recibe?",
            format!(
                "La caja de esa tienda, cuando allí se sabe que eres tú. Nadie más. Lo guarda {}, cerrado con una clave solo tuya.",
                operator(policy)
            ),
        ),
        says(
            "¿Para qué no es?",
            "Por él no se lee más veces tu palma. No sabemos nada más por él. Aquí no hay anuncios que se puedan encender.",
        ),
        says(
            "¿Cuánto tiempo?",
            format!(
                "Hasta que digas basta, o si no usas tu palma en {}. Quita el número, retira este sí o borra tu cartera, y se borra al \
                 momento. Lo que la tienda anotó con ese número es de la tienda.",
                span(policy.retention.unused_days)
            ),
        ),
        says("¿Es obligatorio?", "No. Puedes pagar con la palma sin él. Tu tarjeta de cliente vale como siempre."),
    ];
    paragraphs.push(asking(policy));
    Told { title: "Tu número de cliente con la palma".to_owned(), paragraphs }
}

/// What the sign at the door says, for whoever never heard of it.
pub(super) fn sign(policy: &Policy, rules_at: Option<&str>) -> Told {
    let mut paragraphs = vec![says(
        "¿Qué pasa aquí?",
        "Aquí puedes pagar con la palma, si lo pediste y lo firmaste. Un escáner lee entonces las líneas de tu mano. Guardamos números, \
         ninguna foto.",
    )];
    paragraphs.extend(profile(policy.jurisdiction).sign.map(|text| says("La ley nos pide decir", text.es)));
    paragraphs.extend([
        says(
            "¿Y si no quiero?",
            "No pongas la mano sobre el escáner. Entonces no se lee nada. La tarjeta vale en la misma caja, al mismo precio.",
        ),
        says("¿Se vende?", "Nunca. No se vende, ni se presta, ni se cambia, ni se da a nadie."),
        says(
            "¿Cuánto tiempo?",
            format!("Hasta que digas basta, y como mucho {} sin uso.", span(policy.retention.unused_days)),
        ),
    ]);
    let rules = rules_at.map_or_else(|| "Las reglas están en la caja.".to_owned(), |at| format!("Las reglas: {at}"));
    paragraphs.push(says("¿Quién responde?", format!("{} {rules}", answers(policy))));
    Told { title: "Aquí se leen palmas".to_owned(), paragraphs }
}

/// The rules, as anybody may read them.
pub(super) fn rules(policy: &Policy) -> Told {
    let rules = profile(policy.jurisdiction);
    let mut paragraphs = vec![
        says("¿Quién responde?", answers(policy)),
        says("¿Qué ley se cumple?", format!("{}.", rules.law.es)),
        says(
            "¿Para qué se puede leer una palma?",
            "Para pagar, para abrir una puerta, para mostrar la edad, y para dar un número de cliente con el pago. Cada cosa pide un sí \
             firmado. A este programa no se le puede pedir nada más: no conoce otro fin, y no puede guardar una cara.",
        ),
        says("¿Dónde se guarda, y quién?", place(policy)),
        says("¿Cuánto tiempo?", long(policy)),
        says("¿Quién más toma parte?", processor(policy)),
        says(
            "¿Qué edad debo tener?",
            format!("{} años o más. Preguntamos. Nadie más joven puede entrar.", policy.minimum_age),
        ),
    ];
    paragraphs.extend(rules.incident.map(|text| says("¿Y si roban datos?", text.es)));
    Told { title: WORDS.rules.to_owned(), paragraphs }
}

/// Who answers for all this, and how they are reached.
fn answers(policy: &Policy) -> String {
    let operator = policy.operator.as_deref().unwrap_or("Quien opera este sistema");
    let contact = policy.contact.as_deref().unwrap_or("Pregunta en la caja");
    format!("{operator}. {contact}.")
}

/// Who keeps the data, within a sentence.
fn operator(policy: &Policy) -> &str {
    policy.operator.as_deref().unwrap_or("quien opera este sistema")
}

fn span(days: u32) -> String {
    match days {
        1 => "1 día".to_owned(),
        365 => "12 meses".to_owned(),
        730 => "24 meses".to_owned(),
        days => format!("{days} días"),
    }
}
