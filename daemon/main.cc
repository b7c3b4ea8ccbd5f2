// SPDX-License-Identifier: ISC
// The story: options, configuration, sockets, ready, run.
#include <fmt/core.h>
#include <sys/stat.h>
#include <sysexits.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <optional>
#include <system_error>

#include "daemon/background.h"
#include "daemon/command_line.h"
#include "daemon/inspect.h"
#include "daemon/notifications.h"
#include "daemon/os/journal.h"
#include "daemon/os/process.h"
#include "daemon/os/signals.h"
#include "daemon/pid_file.h"
#include "daemon/reload_request.h"
#include "daemon/superdaemon.h"

namespace minetd {
namespace {

LogTarget log_target(const CommandLine& line, const Configuration& configuration) {
    if (line.log) return *line.log;
    if (configuration.daemon.log.kind != LogTarget::Kind::inherit) return configuration.daemon.log;
    LogTarget target;
    // What systemd connected to the journal can as well have fields.
    const bool journal = line.foreground &&
                         is_journal_stream(STDERR_FILENO, std::getenv("JOURNAL_STREAM")) &&
                         ::access(journal_socket, W_OK) == 0;
    target.kind = journal           ? LogTarget::Kind::journal
                  : line.foreground ? LogTarget::Kind::err
                                    : LogTarget::Kind::syslog;
    return target;
}

int serve(CommandLine line) {
    std::vector<std::string> refused;
    Inheritance inheritance = Inheritance::take(refused);
    for (const std::string& problem : refused) fmt::print(stderr, "minetd: {}\n", problem);
    Diagnostics diagnostics;
    const Configuration configuration = load(line, true, diagnostics);
    print(diagnostics);
    if (configuration.fatal || (line.strict && diagnostics.failed())) {
        notify_failure(EINVAL, "the configuration cannot be used: see the log");
        return EX_CONFIG;
    }
    // A later reload finds the same file from another directory.
    line.config = std::filesystem::absolute(line.config);
    if (!line.inetd_conf.empty()) line.inetd_conf = std::filesystem::absolute(line.inetd_conf);

    std::optional<Background> background;
    if (!line.foreground) background.emplace();
    const PidFile pid_file(line.pid_file.value_or(configuration.daemon.pid_file));
    if (::chdir("/") < 0) throw std::system_error(errno, std::generic_category(), "chdir /");
    ::umask(::umask(0) | 022);
    take_over_signals();
    raise_open_files();
    become_subreaper();

    Superdaemon superdaemon(
        configuration, log_target(line, configuration),
        [&line](Diagnostics& found) { return load(line, true, found); }, line.strict,
        std::move(inheritance));
    if (background) background->ready();
    return superdaemon.run();
}

}  // namespace
}  // namespace minetd

int main(int argc, char** argv) {
    using namespace minetd;
    try {
        ensure_standard_descriptors();
        const CommandLine line = parse_command_line(argc, argv);
        if (line.action == CommandLine::Action::reload) return request_reload(line.pid);
        return line.action == CommandLine::Action::serve ? serve(line) : inspect(line);
    } catch (const std::system_error& error) {
        fmt::print(stderr, "minetd: {}\n", error.what());
        const int code = error.code().value();
        notify_failure(code, error.what());
        return code == EACCES || code == EPERM ? EX_NOPERM : EX_OSERR;
    } catch (const std::exception& error) {
        fmt::print(stderr, "minetd: {}\n", error.what());
        notify_failure(EADDRNOTAVAIL, error.what());
        return EX_UNAVAILABLE;
    }
}
