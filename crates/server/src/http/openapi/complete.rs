//! What is the same for every route, written into the description once: how it is refused.

use handsel_api::Code;
use utoipa::openapi::{
    ContentBuilder, KnownFormat, ObjectBuilder, OpenApi, Ref, RefOr, ResponseBuilder, SchemaFormat,
    path::{Operation, Parameter, PathItem},
    response::Response,
    schema::Type,
};

use crate::http::problem::PROBLEM_JSON;

/// Gives every refusal the schema of a problem, and every route the refusals that any route has.
pub(super) fn complete(mut document: OpenApi) -> OpenApi {
    for item in document.paths.paths.values_mut() {
        for operation in operations(item) {
            frames_are_binary(operation);
            add_common(operation);
            for (status, response) in &mut operation.responses.responses {
                match response {
                    RefOr::T(response) if !status.starts_with('2') => as_problem(response),
                    RefOr::T(response) if response.description.is_empty() => {
                        response.description = if status == "201" { "Made" } else { "Done" }.to_owned();
                    }
                    _ => {}
                }
            }
        }
    }
    document
}

fn operations(item: &mut PathItem) -> impl Iterator<Item = &mut Operation> {
    [&mut item.get, &mut item.post, &mut item.put, &mut item.patch, &mut item.delete].into_iter().flatten()
}

/// An image is bytes as they are; tools know them by the format that OpenAPI 3.0 had for it.
fn frames_are_binary(operation: &mut Operation) {
    let Some(RefOr::T(body)) = &mut operation.request_body else { return };
    for (media_type, content) in &mut body.content {
        if let RefOr::T(content) = content
            && media_type.starts_with("image/")
        {
            let binary = SchemaFormat::KnownFormat(KnownFormat::Binary);
            content.schema = Some(ObjectBuilder::new().schema_type(Type::String).format(Some(binary)).into());
        }
    }
}

fn add_common(operation: &mut Operation) {
    let authenticated = operation.security.is_some();
    let body = operation.request_body.as_ref();
    let takes = |media_type: &str| matches!(body, Some(RefOr::T(body)) if body.content.contains_key(media_type));
    let is_key = |parameter: &RefOr<Parameter>| matches!(parameter, RefOr::T(one) if one.name == "Idempotency-Key");
    let keyed = operation.parameters.iter().flatten().any(is_key);
    let mut common: Vec<(&str, Vec<Code>)> = Vec::new();
    if takes("application/json") {
        common.push(("400", vec![Code::InvalidJson, Code::UnknownField]));
    }
    if keyed {
        common.push(("400", vec![Code::IdempotencyKeyMissing]));
    }
    if authenticated {
        common.push(("401", vec![Code::Unauthenticated]));
        common.push(("403", vec![Code::Forbidden, Code::KeyModeMismatch]));
        common.push(("429", vec![Code::TooManyRequests]));
    }
    if body.is_some() {
        common.push(("415", vec![Code::UnsupportedMediaType]));
    }
    if takes("image/jpeg") {
        common.push(("503", vec![Code::Busy, Code::StoreUnavailable]));
    }
    common.push(("default", vec![Code::Internal, Code::StoreUnavailable]));
    for (status, codes) in common {
        let names: Vec<String> = codes.iter().map(|code| format!("`{}`", code.name())).collect();
        add(operation, status, &names.join(", "));
    }
}

/// Adds codes to what the route itself says about a status.
fn add(operation: &mut Operation, status: &str, codes: &str) {
    let responses = &mut operation.responses.responses;
    match responses.get_mut(status) {
        Some(RefOr::T(response)) if response.description.contains(codes) => {}
        Some(RefOr::T(response)) => response.description = format!("{}, {codes}", response.description),
        _ => {
            responses.insert(status.to_owned(), ResponseBuilder::new().description(codes).build().into());
        }
    }
}

fn as_problem(response: &mut Response) {
    let schema = Ref::from_schema_name("Problem");
    let content = ContentBuilder::new().schema(Some(schema)).build();
    response.content.insert(PROBLEM_JSON.to_owned(), RefOr::T(content));
}
