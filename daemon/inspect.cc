// SPDX-License-Identifier: ISC
#include "daemon/inspect.h"

#include <fmt/core.h>
#include <sysexits.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>

#include "daemon/log.h"
#include "daemon/os/journal.h"
#include "daemon/systemd_units.h"
#include "services/registry.h"

namespace minetd {

namespace {

LoadOptions options_for(const CommandLine& line) {
    LoadOptions options = load_options();
    options.dialect = line.dialect;
    options.inetd_conf = line.inetd_conf;
    return options;
}

}  // namespace

Configuration load(const CommandLine& line, bool check_host, Diagnostics& diagnostics) {
    LoadOptions options = options_for(line);
    options.check_host = check_host;
    Configuration configuration = load_configuration(line.config, options, diagnostics);
    if (line.process_limit) configuration.daemon.process_limit = line.process_limit;
    return configuration;
}

LoadOptions load_options() {
    LoadOptions options;
    for (const Builtin& builtin : builtins())
        options.builtins.push_back({.name = std::string(builtin.name),
                                    .stream = builtin.traits.stream,
                                    .datagram = builtin.traits.datagram,
                                    .tells_of_all = builtin.traits.shows_boards});
    return options;
}

namespace {

bool writes_to_journal() {
    return is_journal_stream(STDERR_FILENO, std::getenv("JOURNAL_STREAM"));
}

}  // namespace

LogTarget log_target(const CommandLine& line, const Configuration& configuration) {
    if (line.log) return *line.log;
    if (configuration.daemon.log.kind != LogTarget::Kind::inherit) return configuration.daemon.log;
    LogTarget target;
    // What systemd connected to the journal can as well have fields.
    const bool journal =
        line.foreground && writes_to_journal() && ::access(journal_socket, W_OK) == 0;
    target.kind = journal           ? LogTarget::Kind::journal
                  : line.foreground ? LogTarget::Kind::err
                                    : LogTarget::Kind::syslog;
    return target;
}

void print(const Diagnostics& diagnostics) {
    for (const Diagnostic& item : diagnostics.all()) fmt::print(stderr, "{}\n", render(item));
}

void report(const Diagnostics& diagnostics, const CommandLine& line,
            const Configuration& configuration) {
    print(diagnostics);
    const LogTarget target = log_target(line, configuration);
    const bool there = target.kind == LogTarget::Kind::err ||
                       (target.kind == LogTarget::Kind::journal && writes_to_journal());
    if (diagnostics.all().empty() || there) return;
    Log(target).findings(diagnostics);
}

namespace {

int print_native(const CommandLine& line) {
    Diagnostics diagnostics;
    // A converted file goes to another host as often as not.
    const Configuration configuration = load(line, false, diagnostics);
    print(diagnostics);
    // Services without what broken defaults were to say of them are open to more than they were.
    if (configuration.fatal) return EX_CONFIG;
    fmt::print("{}", dump(configuration));
    return diagnostics.failed() ? EX_CONFIG : EX_OK;
}

/// By itself, as if it were the only one.
int check_file(const CommandLine& line, const std::string& file) {
    Diagnostics diagnostics;
    LoadOptions options = options_for(line);
    options.look_up = true;
    const Configuration configuration = load_configuration(file, options, diagnostics);
    print(diagnostics);
    fmt::print(stderr, "{}: {} services, {} errors, {} warnings\n", file,
               configuration.services.size(), diagnostics.errors(),
               diagnostics.all().size() - diagnostics.errors());
    return diagnostics.failed() ? EX_CONFIG : EX_OK;
}

}  // namespace

int inspect(const CommandLine& line) {
    if (line.action == CommandLine::Action::units) return write_systemd_units(line);
    if (line.action == CommandLine::Action::attributes) {
        fmt::print("{}", list_attributes());
        return EX_OK;
    }
    if (line.action == CommandLine::Action::explain) {
        std::string suggestion;
        const std::string text = explain_attribute(line.attribute, suggestion);
        if (!text.empty()) {
            fmt::print("{}", text);
            return EX_OK;
        }
        fmt::print(stderr, "minetd: there is no attribute `{}`; {}\n", line.attribute,
                   suggestion.empty() ? "--attributes lists them all" : suggestion);
        return EX_USAGE;
    }
    if (line.action == CommandLine::Action::dump) return print_native(line);
    int status = EX_OK;
    for (const std::string& file : line.files)
        if (check_file(line, file) != EX_OK) status = EX_CONFIG;
    return status;
}

}  // namespace minetd
