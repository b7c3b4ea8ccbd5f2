// SPDX-License-Identifier: ISC
// The story: options, configuration, sockets, ready, run.
#include <fmt/core.h>
#include <sys/stat.h>
#include <sysexits.h>

#include <cstdio>
#include <filesystem>
#include <optional>
#include <system_error>

#include "daemon/background.h"
#include "daemon/command_line.h"
#include "daemon/inspect.h"
#include "daemon/notifications.h"
#include "daemon/os/process.h"
#include "daemon/os/signals.h"
#include "daemon/pid_file.h"
#include "daemon/request.h"
#include "daemon/superdaemon.h"
#include "daemon/supervisor.h"
#include "daemon/take_over.h"

namespace minetd {
namespace {

int serve(CommandLine line, const Invocation& invocation) {
    std::optional<Handover> former = receive_handover();
    std::vector<std::string> refused;
    Inheritance inheritance = Inheritance::take(refused);
    for (const std::string& problem : refused) fmt::print(stderr, "minetd: {}\n", problem);
    Diagnostics diagnostics;
    Configuration configuration = load(line, true, diagnostics);
    if (former)
        print(diagnostics);  // who asked for the upgrade has them in the log
    else
        report(diagnostics, line, configuration);
    if (former && configuration.fatal) {
        configuration.daemon = read_dump(former->daemon).daemon;  // all stays as it was
    } else if (configuration.fatal || (!former && line.strict && diagnostics.failed())) {
        notify_failure(EINVAL, "the configuration cannot be used: see the log");
        return EX_CONFIG;
    }
    // A later reload finds the same file from another directory.
    line.config = std::filesystem::absolute(line.config);
    if (!line.inetd_conf.empty()) line.inetd_conf = std::filesystem::absolute(line.inetd_conf);

    std::optional<Background> background;
    if (!line.foreground && line.supervisor == 0 && !former) background.emplace();
    const std::string pid_path = line.pid_file.value_or(configuration.daemon.pid_file);
    const pid_t signalled = line.supervisor > 0 ? line.supervisor : ::getpid();
    const PidFile pid_file =
        former ? PidFile(pid_path, PidFile::Former{former->pid_file.take()}, signalled)
               : PidFile(pid_path, signalled);
    if (line.supervisor > 0) notify_pid_file(pid_file.path());
    if (::chdir("/") < 0) throw std::system_error(errno, std::generic_category(), "chdir /");
    ::umask(::umask(0) | 022);
    take_over_signals();
    raise_open_files();
    if (former && former->open_files) note_lowered_open_files(*former->open_files);
    become_subreaper();

    Superdaemon superdaemon(
        configuration, log_target(line, configuration),
        [&line](Diagnostics& found) { return load(line, true, found); }, line.strict,
        std::move(inheritance), Succession{invocation, pid_file, std::move(former)});
    if (background) background->ready();
    if (line.supervisor > 0 && !line.foreground) leave_terminal();
    return superdaemon.run();
}

}  // namespace
}  // namespace minetd

int main(int argc, char** argv) {
    using namespace minetd;
    try {
        ensure_standard_descriptors();
        const Invocation invocation = note_invocation(argc, argv);
        const CommandLine line = parse_command_line(argc, argv);
        if (line.action == CommandLine::Action::reload) return request_reload(line.pid);
        if (line.action == CommandLine::Action::upgrade) return request_upgrade(line.pid);
        if (line.action == CommandLine::Action::check_handover) return check_handover(line);
        if (line.supervise) return supervise(line, invocation);
        return line.action == CommandLine::Action::serve ? serve(line, invocation) : inspect(line);
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
