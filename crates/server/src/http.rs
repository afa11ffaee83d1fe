//! HTTP: what is served where, and to whom. [`router`] is the whole of it on one page.

pub mod body;
pub mod caller;
mod cohort;
pub mod cookies;
pub mod frame;
pub mod held;
pub mod here;
pub mod json;
pub mod language;
pub mod layers;
pub mod list;
pub mod once;
pub mod openapi;
pub mod path;
pub mod problem;
pub mod purpose;
pub mod recent;
pub mod room;
pub mod routes;
pub mod stream;

use crate::app::{App, DemoHands, Refusal};
use axum::{
    Router,
    extract::FromRef,
    middleware::{from_fn, from_fn_with_state},
    serve::ListenerExt,
};
use handsel_api::Code;
use layers::{frames, host, host::Hosts, origin, pace, problems, request_id, security, to_the_end};
use std::{io, sync::Arc, time::Duration};
use tokio::{net::TcpListener, sync::oneshot};
use utoipa_axum::{router::OpenApiRouter, routes};

/// How long running requests may take once the server was told to stop, in seconds. A card takes at most a few.
const GRACE_S: u64 = 10;

/// What every route can reach. Cloning shares it.
#[derive(Clone)]
pub struct Shared {
    /// The domain.
    pub app: App,
    /// Drawn hands for a machine without a camera, where there are any.
    pub demo: Option<Arc<dyn DemoHands>>,
    /// Room in memory for frames that arrive.
    pub frames: room::Room,
    /// The last requests.
    pub recent: recent::Recent,
}

impl FromRef<Shared> for App {
    fn from_ref(shared: &Shared) -> App {
        shared.app.clone()
    }
}

/// Serves until `shutdown`, then lets requests that are running finish, for at most ten seconds.
///
/// # Errors
/// When the listener breaks.
pub async fn serve(
    app: App,
    demo: Option<Arc<dyn DemoHands>>,
    listener: TcpListener,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> io::Result<()> {
    let hosts = Hosts::of(listener.local_addr()?, app.hosts());
    let streaming = app.clone();
    let shutdown = async move {
        shutdown.await;
        streaming.end_streams();
    };
    let shared = Shared { app, demo, frames: room::Room::default(), recent: recent::Recent::default() };
    serve_router(router(shared, hosts), listener, shutdown).await
}

/// Serves any router until `shutdown`, then lets requests that are running finish, for at most ten seconds.
pub(crate) async fn serve_router(
    router: Router,
    listener: TcpListener,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> io::Result<()> {
    let listener = listener.tap_io(|stream| {
        // Answers are small and a person waits for them; failing to say so costs at most 40 ms.
        let _ = stream.set_nodelay(true);
    });
    let (stopping, stopped) = oneshot::channel::<()>();
    let shutdown = async move {
        shutdown.await;
        let _ = stopping.send(());
    };
    let serving = axum::serve(listener, router).with_graceful_shutdown(shutdown);
    let out_of_patience = async {
        let _ = stopped.await;
        tokio::time::sleep(Duration::from_secs(GRACE_S)).await;
    };
    tokio::select! {
        ended = serving.into_future() => ended,
        () = out_of_patience => Ok(()),
    }
}

/// Every route there is.
pub fn router(shared: Shared, hosts: Hosts) -> Router {
    let (api, description) = api().split_for_parts();
    Router::new()
        .merge(api)
        .merge(openapi::routes(description))
        .merge(routes::problems::routes())
        .merge(routes::log::routes())
        .merge(crate::pages::routes())
        .fallback(async || Refusal::new(Code::NotFound, "no such path; see /v1/openapi.json"))
        .method_not_allowed_fallback(async || Refusal::new(Code::MethodNotAllowed, "see the `allow` header"))
        .layer(from_fn(to_the_end::run))
        .layer(from_fn(origin::check))
        .layer(from_fn_with_state(shared.app.clone(), pace::keep))
        .layer(from_fn_with_state(hosts, host::check))
        .layer(from_fn(problems::write))
        .layer(from_fn(security::headers))
        .layer(from_fn(frames::close))
        .layer(from_fn_with_state(shared.recent.clone(), recent::note))
        .layer(from_fn(request_id::name))
        .with_state(shared)
}

/// The API, each route registered once for serving and for the description.
pub fn api() -> OpenApiRouter<Shared> {
    use routes::{
        card_setups, charges, consents, credits, custody, disputes, erasures, events, health, held, incidents, keys,
        logs, loyalty, merchants, offline, payment_methods, payments, policy, processor_events, promotions, receipts,
        references, refunds, scanners, settlements, sites, subjects, transparency, uses, webhooks,
    };
    OpenApiRouter::with_openapi(openapi::base())
        // The operator.
        .routes(routes!(merchants::create, merchants::list))
        .routes(routes!(keys::create, keys::list))
        .routes(routes!(keys::revoke))
        .routes(routes!(sites::create, sites::list)) // a till may list its own
        .routes(routes!(sites::confirm_sign, sites::take_sign_down))
        // Whoever enrols: the operator, a till, a kiosk.
        .routes(routes!(subjects::create))
        .routes(routes!(consents::give))
        .routes(routes!(references::add))
        .routes(routes!(held::hold, held::list)) // the subject and the operator list
        .routes(routes!(payment_methods::add))
        .routes(routes!(card_setups::start))
        // Anybody.
        .routes(routes!(transparency::show))
        .routes(routes!(transparency::show_note))
        // The subject.
        .routes(routes!(subjects::show, subjects::erase))
        .routes(routes!(subjects::export)) // the operator too, noted
        .routes(routes!(subjects::freeze))
        .routes(routes!(subjects::unfreeze))
        .routes(routes!(erasures::at_till)) // a till, for somebody before it
        .routes(routes!(erasures::show)) // anyone who has the id
        .routes(routes!(consents::revoke))
        .routes(routes!(references::remove))
        .routes(routes!(held::remove))
        .routes(routes!(held::unlock))
        .routes(routes!(payment_methods::remove))
        .routes(routes!(credits::list))
        .routes(routes!(custody::show))
        .routes(routes!(custody::revoke_epoch))
        .routes(routes!(custody::rotate_keys))
        .routes(routes!(incidents::list))
        .routes(routes!(loyalty::link, loyalty::list)) // whoever enrols may link
        .routes(routes!(loyalty::unlink))
        .routes(routes!(uses::list))
        .routes(routes!(uses::download))
        // A till or a kiosk, taking a payment.
        .routes(routes!(payments::create, payments::list)) // a kiosk may not list
        .routes(routes!(payments::show))
        .routes(routes!(payments::identify))
        .routes(routes!(held::read))
        .routes(routes!(held::verify))
        .routes(routes!(payments::step_up))
        .routes(routes!(loyalty::lower)) // not a kiosk
        .routes(routes!(charges::confirm))
        .routes(routes!(charges::card))
        .routes(routes!(charges::capture)) // not a kiosk
        .routes(routes!(payments::cancel))
        .routes(routes!(refunds::create, refunds::list)) // not a kiosk
        // A till, beside its payments.
        .routes(routes!(events::list))
        .routes(routes!(events::stream))
        .routes(routes!(events::replay))
        .routes(routes!(webhooks::create, webhooks::list))
        .routes(routes!(webhooks::delete))
        .routes(routes!(webhooks::rotate))
        .routes(routes!(scanners::create, scanners::list))
        .routes(routes!(scanners::start))
        .routes(routes!(scanners::current)) // a kiosk too
        .routes(routes!(scanners::show))
        .routes(routes!(scanners::cancel))
        .routes(routes!(logs::stream))
        // The agent of a shop that may be cut off.
        .routes(routes!(offline::subset))
        .routes(routes!(offline::take))
        // A merchant's books, for the operator and its till.
        .routes(routes!(settlements::show))
        .routes(routes!(settlements::export))
        .routes(routes!(disputes::list))
        .routes(routes!(disputes::open)) // the operator
        .routes(routes!(disputes::close)) // the operator
        // What the operator gives.
        .routes(routes!(promotions::create, promotions::list))
        .routes(routes!(promotions::end))
        .routes(routes!(promotions::vouchers))
        .routes(routes!(credits::take_back))
        // Whoever holds the receipt.
        .routes(routes!(receipts::show))
        .routes(routes!(receipts::dispute))
        // The processor.
        .routes(routes!(processor_events::take))
        // Anyone.
        .routes(routes!(consents::notice))
        .routes(routes!(policy::show))
        .routes(routes!(webhooks::keys))
        .routes(routes!(health::live))
        .routes(routes!(health::ready))
}
