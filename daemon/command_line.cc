// SPDX-License-Identifier: ISC
#include "daemon/command_line.h"

#include <fmt/format.h>
#include <sysexits.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <filesystem>
#include <iterator>
#include <stdexcept>

#include "daemon/invocation.h"
#include "daemon/os/systemd.h"
#include "daemon/xinetd_options.h"

namespace minetd {
namespace {

// Where xinetd and the inetds have them, whatever the prefix of minetd is.
constexpr const char* xinetd_conf = "/etc/xinetd.conf";
constexpr const char* inetd_conf = "/etc/inetd.conf";
constexpr int most_files = 1 << 20;

/// The same words as `log` in [minetd].
LogTarget parse_log_target(const std::string& text) {
    constexpr std::string_view row = "log: ";  // the option's name says it
    Diagnostics diagnostics;
    const Configuration parsed = parse_configuration("[minetd]\nlog = " + text + '\n', "--log",
                                                     {.check_host = false}, diagnostics);
    if (diagnostics.failed()) {
        const Diagnostic& first = diagnostics.all().front();
        std::string_view message = first.message;
        if (message.starts_with(row)) message.remove_prefix(row.size());
        throw CLI::ValidationError("--log", first.advice.empty()
                                                ? std::string(message)
                                                : fmt::format("{}; {}", message, first.advice));
    }
    return parsed.daemon.log;
}

[[noreturn]] void leave(const CLI::App& app, const CLI::ParseError& error) {
    const bool asked = error.get_exit_code() == static_cast<int>(CLI::ExitCodes::Success);
    app.exit(error);
    std::exit(asked ? EX_OK : EX_USAGE);
}

TranslatedOptions translated(int argc, char** argv) {
    const std::vector<std::string> words(argv + std::min(argc, 1), argv + argc);
    try {
        return translate_xinetd_options(words);
    } catch (const std::invalid_argument& error) {
        fmt::print(stderr, "minetd: {}\n", error.what());
        std::exit(EX_USAGE);
    }
}

pid_t pid_of_supervisor() {
    const char* text = std::getenv(supervisor_variable);
    return text != nullptr ? static_cast<pid_t>(std::max(std::atoi(text), 0)) : 0;
}

/// Why there can be no supervisor; null: there can.
const char* against_supervision() {
    if (!systemd::can_notify()) return "this minetd was built without libsystemd, which it needs";
    if (systemd::has_notify_socket())
        return "NOTIFY_SOCKET is set: a service manager watches already, and keeps the sockets "
               "(FileDescriptorStoreMax=, Restart=); leave the option out";
    return nullptr;
}

bool called_xinetd(int argc, char** argv) {
    return argc > 0 && std::filesystem::path(argv[0]).filename() == "xinetd";
}

}  // namespace

CommandLine parse_command_line(int argc, char** argv) {
    CommandLine line;
    TranslatedOptions words = translated(argc, argv);
    const bool as_xinetd = words.of_xinetd || called_xinetd(argc, argv);
    if (as_xinetd) line.config = xinetd_conf;
    CLI::App app{
        "minetd: an internet superdaemon: one configuration file, many ports, programs and pools"};
    app.name("minetd");
    app.set_version_flag("--version", "minetd " MINETD_VERSION);

    std::string dialect = "auto", log, pid_file, control;
    std::vector<std::string> check_files, dump_files, files;
    CLI::Option* config = app.add_option("-f,--config", line.config, "the configuration")
                              ->type_name("FILE")
                              ->capture_default_str();
    app.add_option("--dialect", dialect, "whose inetd.conf it is, where they differ")
        ->type_name("NAME")
        ->capture_default_str();
    app.add_flag("--foreground", line.foreground,
                 "stay in the foreground, log to stderr (implied by NOTIFY_SOCKET)");
    CLI::Option* supervise =
        app.add_flag("--supervise", line.supervise,
                     "watch over the daemon: keep its sockets, and start it again when it crashes");
    CLI::Option* watchdog =
        app.add_option("--watchdog", line.watchdog,
                       "with --supervise: seconds after which a daemon that hangs is replaced; 0: "
                       "never")
            ->type_name("SECONDS")
            ->check(CLI::Range(0, 86'400))
            ->capture_default_str();
    CLI::Option* pid =
        app.add_option("--pid-file", pid_file, "write the process id there")->type_name("FILE");
    CLI::Option* log_option =
        app.add_option("--log", log,
                       "stderr, syslog[:facility[.level]], file:PATH, journal or none")
            ->type_name("TARGET");
    CLI::Option* control_option =
        app.add_option("--control", control, "where minetdctl finds this daemon")
            ->type_name("PATH");
    app.add_option("--process-limit", line.process_limit,
                   "how many programs of nowait services run at once, in all")
        ->type_name("N");
    CLI::Option* inetd = app.add_option("--inetd-compat", line.inetd_conf,
                                        "read also this inetd.conf, as xinetd's -inetd_compat")
                             ->type_name("FILE")
                             ->expected(0, 1);
    app.add_flag("--strict", line.strict, "do not start unless every service can be served");
    CLI::Option* check =
        app.add_option("--check", check_files,
                       "say what is wrong with each FILE (or --config), and end; 78 if anything is")
            ->type_name("FILE")
            ->expected(0, most_files);
    CLI::Option* dump =
        app.add_option(
               "--dump", dump_files,
               "print the effective configuration of FILE (or --config) in native form, and end")
            ->type_name("FILE")
            ->expected(0, most_files);
    bool list = false;
    CLI::Option* attributes = app.add_flag("--attributes", list, "list every attribute, and end");
    CLI::Option* explain =
        app.add_option("--explain", line.attribute, "explain one attribute, and end")
            ->type_name("ATTRIBUTE");
    CLI::Option* units =
        app.add_option("--systemd-units", line.units,
                       "write FILE (or --config) as units of systemd to DIR, and end")
            ->type_name("DIR");
    app.add_flag("--force", line.force, "let --systemd-units replace units that are there")
        ->needs(units);
    CLI::Option* reload =
        app.add_option("--reload", line.pid,
                       "have the minetd of this process id reload, and end with its result")
            ->type_name("PID")
            ->check(CLI::Range(2, 1 << 22));
    CLI::Option* upgrade =
        app.add_option("--upgrade", line.pid,
                       "have the minetd of this process id become the binary that is in its place "
                       "now, and end with the result")
            ->type_name("PID")
            ->check(CLI::Range(2, 1 << 22));
    CLI::Option* handover =
        app.add_option("--check-handover", line.handover,
                       "read the state in this descriptor, as an upgrade in place would, and end")
            ->type_name("N");
    app.add_option("FILE", files, "the configuration, as every inetd takes it");
    units->excludes(check)->excludes(dump)->excludes(attributes)->excludes(explain);
    units->excludes(reload)->excludes(upgrade);
    reload->excludes(check)->excludes(dump)->excludes(attributes)->excludes(explain);
    upgrade->excludes(check)->excludes(dump)->excludes(attributes)->excludes(explain);
    upgrade->excludes(reload);
    check->excludes(dump)->excludes(attributes)->excludes(explain);
    dump->excludes(attributes)->excludes(explain);
    attributes->excludes(explain);
    for (CLI::Option* other : {check, dump, attributes, explain, units, reload, upgrade, handover})
        supervise->excludes(other);

    try {
        std::reverse(words.words.begin(), words.words.end());  // as CLI11 takes a vector
        app.parse(words.words);
        try {
            line.dialect = dialect_from(dialect);
        } catch (const std::invalid_argument& error) {
            throw CLI::ValidationError("--dialect", error.what());
        }
        if (*control_option)
            throw CLI::ValidationError(
                "--control", "the control socket comes with minetdctl in version 0.2; use signals");
        if (const char* reason = line.supervise ? against_supervision() : nullptr)
            throw CLI::ValidationError("--supervise", reason);
        // Who is supervised is called with it, too.
        line.supervisor = pid_of_supervisor();
        if (*watchdog && !line.supervise && line.supervisor == 0)
            throw CLI::ValidationError(
                "--watchdog",
                "it needs --supervise; under systemd, WatchdogSec= in the unit is it");
        if (*log_option) line.log = parse_log_target(log);
        // `--dump --dialect NAME FILE` and `--dump FILE --dialect NAME` are the same.
        for (const auto* named : {&check_files, &dump_files, &files})
            std::remove_copy(named->begin(), named->end(), std::back_inserter(line.files), "");
        if (*config && !line.files.empty()) line.files.insert(line.files.begin(), line.config);
        if (line.files.size() > 1 && !*check)
            throw CLI::ValidationError(
                fmt::format("`{}` and `{}`", line.files[0], line.files[1]),
                "two configurations, where there can be one; name one (--check takes several)");
    } catch (const CLI::ParseError& error) {
        leave(app, error);
    }
    if (*pid) line.pid_file = std::filesystem::absolute(pid_file);
    if (*inetd && line.inetd_conf.empty()) line.inetd_conf = inetd_conf;
    if (*check) line.action = CommandLine::Action::check;
    if (*dump) line.action = CommandLine::Action::dump;
    if (*attributes) line.action = CommandLine::Action::attributes;
    if (*reload) line.action = CommandLine::Action::reload;
    if (*upgrade) line.action = CommandLine::Action::upgrade;
    if (*units) line.action = CommandLine::Action::units;
    if (*explain) line.action = CommandLine::Action::explain;
    if (*handover) line.action = CommandLine::Action::check_handover;
    if (line.files.empty()) line.files.push_back(line.config);
    line.config = line.files[0];
    if (systemd::has_notify_socket() && line.supervisor == 0) line.foreground = true;
    return line;
}

}  // namespace minetd
