//! The one binary: `handsel serve | matcher | site | sim-processor | witness | listen | trigger | log | logs | demo | doctor | keys | backup |
//! restore | privacy-check | verify-erasure | operator | eval | bench | inspect | synth`.

use clap::{Parser, Subcommand};

mod backup;
mod bench;
mod carried;
mod demo;
mod doctor;
mod eval;
mod hands;
mod inspect;
mod keys;
mod listen;
mod log;
mod logs;
mod matcher;
mod memory;
mod operator;
mod privacy;
mod serve;
mod sim_processor;
mod site;
mod synth;
mod till;
mod trigger;
mod verify_erasure;
mod witness;

/// Whatever is freed is wiped first, whoever freed it: frames in the buffers of the network, rows of the store, what a decoder made.
#[global_allocator]
static WIPED: zeroizing_alloc::ZeroAlloc<std::alloc::System> = zeroizing_alloc::ZeroAlloc(std::alloc::System);

/// Pay with your palm, without giving it away.
#[derive(Parser)]
#[command(version, arg_required_else_help = false)]
struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Subcommand)]
enum Command {
    /// Run the server (the default).
    Serve(serve::Args),
    /// Hold a share of the palms in memory and search it for a server on another machine.
    Matcher(matcher::Args),
    /// Stand in a shop between its tills and a server elsewhere, and take small payments while the line is cut.
    Site(site::Args),
    /// Run a card company that does not exist, for trying and testing.
    SimProcessor(sim_processor::Args),
    /// Sign what logs of elsewhere say of themselves, once it is seen that they only grew.
    Witness(witness::Args),
    /// Send a till's events to its server on this machine, as webhooks would be, while you write it.
    Listen(listen::Args),
    /// Make something happen to a test payment, so that its events can be seen.
    Trigger(trigger::Args),
    /// Check a transparency log, or a proof that something is in it, as a stranger would.
    Log(log::Args),
    /// Follow the requests that a server answers.
    Logs(logs::Args),
    /// Run the whole story against a fresh store in a temporary folder, and say what held.
    Demo(demo::Args),
    /// Say whether an installation is sound: its key, its ledger, and its payments against the ledger.
    Doctor(doctor::Args),
    /// Show, rotate and revoke the keys that palms are kept under.
    Keys(keys::Args),
    /// Write a backup of the store, encrypted; also beside a running server.
    Backup(backup::Backup),
    /// Put a backup back, or see that it could be.
    Restore(backup::Restore),
    /// Run the promises about palms one by one against a fresh store, and say what held and why.
    PrivacyCheck(privacy::Args),
    /// Say whether a receipt of an erasure is genuine.
    VerifyErasure(verify_erasure::Args),
    /// Let whoever runs this machine into the console.
    Operator(operator::Args),
    /// Measure error rates over a folder of palms.
    Eval(eval::Args),
    /// Time the work on this machine.
    Bench(bench::Args),
    /// Show every stage of the pipeline for one frame.
    Inspect(inspect::Args),
    /// Draw hands and palms that belong to nobody.
    Synth(synth::Args),
}

fn main() -> anyhow::Result<std::process::ExitCode> {
    match Cli::parse().command.unwrap_or(Command::Serve(serve::Args::default())) {
        Command::Serve(args) => serve::run(args),
        Command::Matcher(args) => matcher::run(args),
        Command::Site(args) => site::run(args),
        Command::SimProcessor(args) => sim_processor::run(args),
        Command::Witness(args) => witness::run(args),
        Command::Listen(args) => listen::run(&args),
        Command::Trigger(args) => trigger::run(&args),
        Command::Log(args) => log::run(&args),
        Command::Logs(args) => logs::run(&args),
        Command::Demo(args) => demo::run(args),
        Command::Doctor(args) => doctor::run(&args),
        Command::Keys(args) => keys::run(&args),
        Command::Backup(args) => backup::make(&args),
        Command::Restore(args) => backup::restore(&args),
        Command::PrivacyCheck(args) => privacy::run(&args),
        Command::VerifyErasure(args) => verify_erasure::run(&args),
        Command::Operator(args) => operator::run(&args),
        Command::Eval(args) => eval::run(args),
        Command::Bench(args) => bench::run(args),
        Command::Inspect(args) => inspect::run(args),
        Command::Synth(args) => synth::run(args),
    }
}
