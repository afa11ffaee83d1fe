//! `/shop`: the demo store's goods and basket. Adds up on the server; the script only shows the sum while one chooses.

mod goods;

use super::{Page, Shown, form::Fields, kiosk, visitor::Kiosk, words};
use crate::http::Shared;
use askama::Template;
use axum::{
    extract::State,
    response::{IntoResponse, Redirect},
};
use goods::{GOODS, Good};
use std::collections::HashMap;

/// The most of one good in a basket.
const MOST: u32 = 20;

#[derive(Template)]
#[template(path = "shop.html")]
struct ShopPage {
    merchant: String,
    currency: String,
    goods: Vec<Shelf>,
    total: String,
    empty: bool,
}

struct Shelf {
    id: &'static str,
    name: &'static str,
    note: &'static str,
    picture: &'static str,
    price_minor: i64,
    price: String,
    quantity: u32,
    line: String,
}

pub(super) async fn show(State(shared): State<Shared>, Kiosk(site): Kiosk) -> Shown {
    let (_, merchant, _) = kiosk::place(&shared, site).await?;
    // Something in the basket to begin with: the demo is about paying.
    let basket = HashMap::from([("bread".to_owned(), "1".to_owned()), ("lemons".to_owned(), "2".to_owned())]);
    Ok(page(merchant.name, merchant.currency, &basket, false).into_response())
}

/// `POST /shop/pay`: to the kiosk, with the sum.
pub(super) async fn pay(
    State(shared): State<Shared>,
    Kiosk(site): Kiosk,
    Fields(basket): Fields<HashMap<String, String>>,
) -> Shown {
    let total: i64 = GOODS.iter().map(|good| good.price_minor * i64::from(quantity(&basket, good))).sum();
    if total == 0 {
        let (_, merchant, _) = kiosk::place(&shared, site).await?;
        return Ok(page(merchant.name, merchant.currency, &basket, true).into_response());
    }
    Ok(Redirect::to(&format!("/kiosk?amount_minor={total}")).into_response())
}

fn page(merchant: String, currency: String, basket: &HashMap<String, String>, empty: bool) -> Page<ShopPage> {
    let shelf = |good: &Good| {
        let quantity = quantity(basket, good);
        Shelf {
            id: good.id,
            name: good.name,
            note: good.note,
            picture: good.picture,
            price_minor: good.price_minor,
            price: words::money(good.price_minor, &currency),
            quantity,
            line: words::money(good.price_minor * i64::from(quantity), &currency),
        }
    };
    let goods: Vec<Shelf> = GOODS.iter().map(shelf).collect();
    let total = goods.iter().map(|good| good.price_minor * i64::from(good.quantity)).sum();
    Page(ShopPage { total: words::money(total, &currency), merchant, currency, goods, empty })
}

/// What was typed; nothing, or what is no number, is none.
fn quantity(basket: &HashMap<String, String>, good: &Good) -> u32 {
    basket.get(good.id).and_then(|typed| typed.trim().parse().ok()).unwrap_or(0).min(MOST)
}
