//! What each law asks for: one table. Engineering notes, not legal advice; where a law names no figure, ours stands.

use handsel_api::policy::Jurisdiction;

/// A text in both languages.
#[derive(Debug, Clone, Copy)]
pub(crate) struct InBoth {
    pub(crate) en: &'static str,
    pub(crate) es: &'static str,
}

/// What an installation does in one jurisdiction.
#[derive(Debug)]
pub(crate) struct Profile {
    /// What it is called.
    pub(crate) law: InBoth,
    /// The most days that palms are kept without use.
    pub(crate) most_unused_days: u32,
    /// How old somebody must say they are. A card is a contract, so nowhere less than 18.
    pub(crate) minimum_age: u8,
    /// Whether palms that the operator keeps may be searched, to find one among all.
    pub(crate) may_search: bool,
    /// What the notice says besides.
    pub(crate) notice: Option<InBoth>,
    /// What the sign at the door says besides.
    pub(crate) sign: Option<InBoth>,
    /// What the policy's page says is done when data is lost or stolen, where the law asks for it.
    pub(crate) incident: Option<InBoth>,
}

/// The ceiling where no law has a lower one: two years.
const MOST_DAYS: u32 = 730;

const PLAIN: Profile = Profile {
    law: InBoth {
        en: "None is named here. This program keeps to its own rules, and to two years at most",
        es: "Aquí no se nombra ninguna. Este programa cumple sus propias reglas, y dos años como mucho",
    },
    most_unused_days: MOST_DAYS,
    minimum_age: 18,
    may_search: true,
    notice: None,
    sign: None,
    incident: None,
};

/// 740 ILCS 14: told in writing, a signed yes, a public policy, gone three years after the last visit at the latest.
const ILLINOIS: Profile = Profile {
    law: InBoth {
        en: "Illinois, Biometric Information Privacy Act (740 ILCS 14)",
        es: "Illinois, Biometric Information Privacy Act (740 ILCS 14)",
    },
    notice: Some(InBoth {
        en: "The law of Illinois says: we must tell you all this in writing. You must sign before we read your palm. We may \
             not sell it or earn money with it. It must be gone three years after your last visit. We erase it sooner.",
        es: "La ley de Illinois dice: debemos decirte todo esto por escrito. Debes firmar antes de que leamos tu palma. No \
             podemos venderla ni ganar dinero con ella. Debe borrarse tres años después de tu última visita. Aquí se borra \
             antes.",
    }),
    ..PLAIN
};

/// Business and Commerce Code §503.001: told, a yes, destroyed within a year after the purpose ended.
const TEXAS: Profile = Profile {
    law: InBoth {
        en: "Texas, Business and Commerce Code §503.001", es: "Texas, Business and Commerce Code §503.001"
    },
    most_unused_days: 365,
    notice: Some(InBoth {
        en: "The law of Texas says: we must tell you and you must say yes before we read your palm. We may not sell it. It \
             must be gone one year after its use ended, at the latest.",
        es: "La ley de Texas dice: debemos avisarte y debes decir que sí antes de que leamos tu palma. No podemos venderla. \
             Debe borrarse un año después de su último uso, como muy tarde.",
    }),
    ..PLAIN
};

/// RCW 19.375: told, a yes, or a way to stop later use.
const WASHINGTON: Profile = Profile {
    law: InBoth { en: "Washington, RCW 19.375", es: "Washington, RCW 19.375" },
    notice: Some(InBoth {
        en: "The law of Washington says: no palm goes into a list for a shop without your yes. You can stop its use at any \
             time.",
        es: "La ley de Washington dice: ninguna palma entra en la lista de una tienda sin tu sí. Puedes parar su uso cuando \
             quieras.",
    }),
    ..PLAIN
};

/// HB24-1130: told, a yes, a public policy with times and an incident protocol, gone after 24 months without use.
const COLORADO: Profile = Profile {
    law: InBoth { en: "Colorado, Privacy Act as amended by HB24-1130", es: "Colorado, Privacy Act con la HB24-1130" },
    notice: Some(InBoth {
        en: "The law of Colorado says: we must tell you all this and you must say yes first. No boss may make you use your \
             palm. The rules and what happens if data is stolen are on the public rules page.",
        es: "La ley de Colorado dice: debemos decirte todo esto y debes decir que sí antes. Ningún jefe puede obligarte a usar \
             la palma. Las reglas, y qué pasa si roban datos, están en la página pública de reglas.",
    }),
    incident: Some(InBoth {
        en: "If palm data is lost or stolen, the operator stops every palm from working, changes the keys, and tells you and \
             the authorities without delay, at the latest within 30 days.",
        es: "Si se pierden o roban datos de palmas, quien opera deja todas las palmas sin uso, cambia las claves y avisa sin \
             demora a ti y a las autoridades, como muy tarde en 30 días.",
    }),
    ..PLAIN
};

/// Administrative Code 22-1201 ff.: a plain sign near every entrance; nothing sold, leased, traded or shared for value.
const NEW_YORK_CITY: Profile = Profile {
    law: InBoth {
        en: "New York City, Administrative Code 22-1201 ff.",
        es: "Ciudad de Nueva York, Administrative Code 22-1201 y ss.",
    },
    notice: Some(InBoth {
        en: "The law of New York City says: a sign at each door must tell you of the scanner. No shop may sell, lease, trade or \
             share your palm for anything of value.",
        es: "La ley de la ciudad de Nueva York dice: un cartel en cada puerta debe avisarte del escáner. Ninguna tienda puede \
             vender, alquilar, cambiar ni dar tu palma por algo de valor.",
    }),
    sign: Some(InBoth {
        en: "This business collects, retains, converts, stores or shares customers’ biometric identifier information. The \
             only kind is the palm of people who asked for it. New York City law, 22-1202.",
        es: "Este negocio recoge, guarda, convierte, almacena o comparte información biométrica de clientes. La única es la \
             palma de quienes lo pidieron. Ley de la ciudad de Nueva York, 22-1202.",
    }),
    ..PLAIN
};

/// GDPR Article 9 with EDPB Opinion 11/2024: one palm is compared with the one its owner brings, or with one only they can
/// open; searching among palms an operator keeps is out.
const EUROPE: Profile = Profile {
    law: InBoth {
        en: "European Union, General Data Protection Regulation, Article 9",
        es: "Unión Europea, Reglamento General de Protección de Datos, artículo 9",
    },
    most_unused_days: 365,
    may_search: false,
    notice: Some(InBoth {
        en: "The law of the European Union says: this is your free choice. You can take back your yes, see your data, and \
             complain to the data office of your country. A shop may not look for you among palms that it keeps.",
        es: "La ley de la Unión Europea dice: la elección es libre y tuya. Puedes retirar tu sí, ver tus datos y quejarte ante la \
             agencia de datos de tu país. Una tienda no puede buscarte entre palmas que ella guarda.",
    }),
    incident: Some(InBoth {
        en: "If palm data is lost or stolen, the operator tells the data office within 72 hours, and you without delay.",
        es: "Si se pierden o roban datos de palmas, quien opera avisa a la agencia de datos en 72 horas, y a ti sin demora.",
    }),
    ..PLAIN
};

/// The rules of a jurisdiction.
pub(crate) fn profile(jurisdiction: Jurisdiction) -> &'static Profile {
    match jurisdiction {
        Jurisdiction::Default => &PLAIN,
        Jurisdiction::UsIl => &ILLINOIS,
        Jurisdiction::UsTx => &TEXAS,
        Jurisdiction::UsWa => &WASHINGTON,
        Jurisdiction::UsCo => &COLORADO,
        Jurisdiction::UsNyc => &NEW_YORK_CITY,
        Jurisdiction::Eu => &EUROPE,
    }
}
