//! What a migration makes of rows that an earlier version wrote.

use super::{Ground, On};
use crate::store::{Place, Store, payment_methods};

const BEFORE: [[&str; 3]; 2] = [
    [
        include_str!("../../../migrations/sqlite/0001_first_light.sql"),
        include_str!("../../../migrations/sqlite/0002_gallery_change.sql"),
        include_str!("../../../migrations/sqlite/0003_cohort.sql"),
    ],
    [
        include_str!("../../../migrations/postgres/0001_first_light.sql"),
        include_str!("../../../migrations/postgres/0002_gallery_change.sql"),
        include_str!("../../../migrations/postgres/0003_cohort.sql"),
    ],
];

const CARDS: &str = "
    insert into subject (id, status, wallet_hash, wrapped_key, name_sealed, enrolled_by, enrol_until_ms, created_ms)
        values ('sub_00000000010000000000000001', 'active', '', '', '', 'operator', 0, 0);
    insert into payment_method (id, subject_id, sandbox_card, created_ms) values
        ('pm_00000000010000000000000001', 'sub_00000000010000000000000001', 'visa_approved', 1),
        ('pm_00000000010000000000000002', 'sub_00000000010000000000000001', 'mastercard_approved', 2),
        ('pm_00000000010000000000000003', 'sub_00000000010000000000000001', 'visa_declined', 3);";

/// The migration itself, on the tables as they were.
const CARDS_BY_TOKEN: [&str; 2] = [
    include_str!("../../../migrations/sqlite/0005_processors.sql"),
    include_str!("../../../migrations/postgres/0005_processors.sql"),
];

async fn sandbox_cards_become_tokens(on: On) {
    use sqlx::AssertSqlSafe;
    let engine = usize::from(on == On::Postgres);
    let ground = Ground::new(on);
    sqlx::any::install_default_drivers();
    let url = match ground.place() {
        Place::File(file) => format!("sqlite://{}?mode=rwc", file.display()),
        Place::Postgres(url) => url.address().to_owned(),
    };
    let pool = sqlx::any::AnyPoolOptions::new().max_connections(1).connect(&url).await.unwrap();
    let blob = if on == On::Postgres { "''" } else { "x''" };
    let cards = CARDS.replace("''", blob);
    for script in BEFORE[engine].iter().copied().chain([&*cards, CARDS_BY_TOKEN[engine]]) {
        sqlx::raw_sql(AssertSqlSafe(script.to_owned())).execute(&pool).await.unwrap();
    }
    let subject = "sub_00000000010000000000000001".parse().unwrap();
    let found = payment_methods::list(&mut pool.acquire().await.unwrap(), subject).await.unwrap();
    let sandbox = [
        handsel_api::subjects::SandboxCard::VisaDeclined,
        handsel_api::subjects::SandboxCard::MastercardApproved,
        handsel_api::subjects::SandboxCard::VisaApproved,
    ]
    .map(crate::processor::sandbox);
    assert_eq!(found.iter().map(|stored| stored.card.clone()).collect::<Vec<_>>(), sandbox);
    assert!(found.iter().all(|stored| stored.processor == "sim"));
    drop(Store::open(&Ground::new(on).place()).await.unwrap()); // and all of them on an empty store
}

super::on_both_engines!(sandbox_cards_become_tokens);
