// SPDX-License-Identifier: ISC
// minetd-generator: systemd runs it at boot and at each daemon-reload, before anything is started
// (systemd.generator(7)), and waits for it. So it asks nobody but files, and never fails: without a
// configuration that can be used there are no units, and a line says why.
#include <fcntl.h>
#include <fmt/format.h>
#include <nss.h>
#include <sysexits.h>
#include <unistd.h>

#include <exception>
#include <filesystem>

#include "daemon/inspect.h"
#include "daemon/os/socket.h"
#include "daemon/os/unique_fd.h"
#include "daemon/units/lazy_start.h"
#include "daemon/units/write_units.h"

namespace minetd {
namespace {

/// Into the kernel's log, as systemd.generator(7) has it; in a container to standard error.
void say(const std::string& text) noexcept {
    const std::string line = "<4>minetd-generator: " + text + '\n';
    const UniqueFd kernel(::open("/dev/kmsg", O_WRONLY | O_CLOEXEC));
    const bool said = kernel && ::write(kernel.get(), line.data(), line.size()) > 0;
    if (!said && ::write(STDERR_FILENO, line.data() + 3, line.size() - 3) < 0) return;
}

/// There is no network yet, nor a directory service to ask for names.
void ask_files_alone() noexcept {
    for (const char* database :
         {"passwd", "group", "services", "protocols", "rpc", "hosts", "networks"})
        ::__nss_configure_lookup(database, "files");
}

void generate(const std::string& directory) {
    ask_files_alone();
    const CommandLine line;
    if (!std::filesystem::exists(line.config)) return;
    Diagnostics diagnostics;
    const Configuration configuration = load(line, false, diagnostics);
    if (configuration.fatal)
        return say(line.config + " cannot be used, there are no socket units: see minetd --check");
    const LazyStart units = lazy_start(configuration, line.config, has_ipv6());
    write_units(units.sockets, directory, true);
    const std::string wants = directory + "/minetd-sockets.target.wants";
    std::filesystem::create_directories(wants);
    for (const UnitFile& unit : units.sockets) {
        const std::string link = wants + '/' + unit.name();
        std::filesystem::remove(link);
        std::filesystem::create_symlink("../" + unit.name(), link);
    }
    for (const Loss& left : units.left)
        say(fmt::format("{}: {}: {}; minetd opens its socket once it is started", left.where.str(),
                        left.service, left.text));
}

}  // namespace
}  // namespace minetd

int main(int argc, char** argv) {
    // The directories of units of normal, early and late priority; or one, to look at.
    if (argc != 2 && argc != 4) {
        minetd::say("usage: minetd-generator DIR [EARLY-DIR LATE-DIR]");
        return EX_USAGE;
    }
    try {
        minetd::generate(argv[1]);
    } catch (const std::exception& problem) {
        minetd::say(problem.what());
    }
    return EX_OK;
}
