//! Every statement of the sources is prepared on both engines. They are read from the sources themselves, so that none can
//! be left out; what cannot be read there fails.

use super::{super::Store, Ground, On};
use sqlx::{AssertSqlSafe, Executor, SqlSafeStr};
use std::{
    fs,
    path::{Path, PathBuf},
};

/// Files whose statements are for one engine alone.
const OF_ONE_ENGINE: [(&str, On); 2] = [("store/sqlite.rs", On::Sqlite), ("store/postgres.rs", On::Postgres)];

/// Where else there may be statements: tests, which look from outside.
const ELSEWHERE: [&str; 4] = ["store/tests/", "store/tests.rs", "store/money/tests.rs", "app/tests/"];

/// What begins a statement.
const QUERY: &str = "sqlx::query";

/// Every source file of this crate by its path below `src`.
fn sources() -> Vec<(String, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let (mut folders, mut found): (Vec<PathBuf>, Vec<_>) = (vec![root.clone()], Vec::new());
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let name = path.strip_prefix(&root).unwrap().to_str().unwrap().to_owned();
                found.push((name, fs::read_to_string(path).unwrap()));
            }
        }
    }
    found.retain(|(name, _)| !ELSEWHERE.iter().any(|elsewhere| name.starts_with(elsewhere)));
    found
}

/// The literal that `text` begins with.
fn literal(text: &str) -> Option<&str> {
    let literal = text.trim_start().strip_prefix('"')?;
    let literal = &literal[..literal.find('"')?];
    (!literal.contains('\\')).then_some(literal)
}

/// The statement of a call: what is between `sqlx::query` and its literal may be the rest of the function's name, types,
/// and the macro that puts a payment's columns before it.
fn statement(call: &str, columns: &str) -> Option<String> {
    let (name, rest) = call.split_at(call.find(['(', ':'])?);
    let rest = if rest.starts_with("::<") { rest.split_once(">(")?.1 } else { rest.strip_prefix('(')? };
    if !matches!(name, "" | "_as" | "_scalar") {
        return None;
    }
    let rest = rest.trim_start();
    if let Some(rest) = rest.strip_prefix("select_payments!(") {
        return Some(format!("select {columns} from payment {}", literal(rest)?));
    }
    if let Some(rest) = rest.strip_prefix("write_payment!(") {
        return Some(format!("{} returning {columns}", literal(rest)?));
    }
    literal(rest).map(str::to_owned)
}

/// (file, statement) of every statement.
fn statements() -> Vec<(String, String)> {
    let sources = sources();
    let (_, payments) = sources.iter().find(|(name, _)| name == "store/payments.rs").unwrap();
    let columns = literal(payments.split_once("macro_rules! payment_columns {\n    () => {\n").unwrap().1).unwrap();
    let mut found = Vec::new();
    for (name, text) in &sources {
        let in_store = name.starts_with("store/") || name == "store.rs";
        let one = OF_ONE_ENGINE.iter().any(|(file, _)| file == name);
        // Other ways to run a statement.
        for other in ["raw_sql", "query!", "QueryBuilder", "Executor", "AssertSqlSafe", "use sqlx::query"] {
            // Savepoints are the same on both, and cannot be prepared on one.
            let savepoints = name == "store/writer.rs" && other == "raw_sql";
            assert!(one || savepoints || !text.contains(other), "{name} has {other}");
        }
        // A type's name runs nothing.
        for call in text.split(QUERY).skip(1).filter(|call| !call.starts_with("::Query<")) {
            assert!(in_store, "{name} has a statement; they stand in store/");
            let statement = statement(call, columns);
            let statement =
                statement.unwrap_or_else(|| panic!("{name}: not a literal: {}", &call[..call.len().min(80)]));
            found.push((name.clone(), statement));
        }
    }
    found
}

async fn every_statement_prepares(on: On) {
    let ground = Ground::new(on);
    let store = Store::open(&ground.place()).await.unwrap();
    let mut conn = store.writer().await.acquire().await.unwrap();
    let (mut prepared, mut refused) = (0, Vec::new());
    for (file, statement) in statements() {
        if OF_ONE_ENGINE.iter().any(|(of, other)| *of == file && *other != on) {
            continue;
        }
        match (&mut *conn).prepare(AssertSqlSafe(statement.clone()).into_sql_str()).await {
            Ok(_) => prepared += 1,
            Err(error) => refused.push(format!("{file}: {error}\n{statement}")),
        }
    }
    assert!(refused.is_empty(), "{}", refused.join("\n\n"));
    assert!(prepared > 60, "only {prepared} statements were found");
}

#[test]
fn statements_are_lower_case_and_number_their_parameters() {
    for (file, statement) in statements() {
        assert_eq!(statement, statement.to_lowercase(), "{file}");
        assert!(!statement.contains('?'), "{file}: {statement}");
    }
}

#[test]
fn a_statement_that_is_no_literal_is_noticed() {
    assert_eq!(statement("(\"select 1\")", ""), Some("select 1".to_owned()));
    assert_eq!(statement("_as::<_, (i64,)>(\n  \"select 1\",\n)", ""), Some("select 1".to_owned()));
    assert_eq!(
        statement("_as(select_payments!(\n\"where true\"))", "1"),
        Some("select 1 from payment where true".to_owned())
    );
    for hidden in ["(text)", "_as(&text)", "_as(concat!(\"a\", \"b\"))", "_with(\"select 1\", more)"] {
        assert_eq!(statement(hidden, ""), None, "{hidden}");
    }
}

super::on_both_engines!(every_statement_prepares);
