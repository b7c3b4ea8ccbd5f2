// SPDX-License-Identifier: ISC
#include "daemon/take_over.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <sysexits.h>

#include <cstdio>
#include <cstdlib>
#include <stdexcept>

#include "daemon/inspect.h"
#include "daemon/invocation.h"
#include "daemon/log.h"
#include "daemon/os/identity.h"
#include "daemon/os/sealed_file.h"
#include "daemon/upgrade.h"

namespace minetd {
namespace {

/// No daemon has more to tell.
constexpr std::size_t longest = std::size_t{1} << 30;

Handover read_handover(int memory) {
    try {
        return Handover::from_text(read_sealed_file(memory, longest));
    } catch (const SealedFileError& problem) {
        throw std::runtime_error(std::string("the state that was handed over: ") + problem.what());
    }
}

/// What cannot be made anew would be lost, though it runs.
void check(const Handover::Service& one) try {
    const auto services = read_dump(one.specification).services;
    if (services.size() != 1) throw std::runtime_error("its specification is not understood");
    const ServiceSpec& spec = *services.front();
    static_cast<void>(resolve_identity(spec.user, spec.group, spec.groups));
    for (const UserAssignment& each : spec.pool.assign_user)
        static_cast<void>(resolve_identity(each.user, each.group, spec.groups));
} catch (const std::exception& problem) {
    throw std::runtime_error(one.key + ": " + problem.what());
}

}  // namespace

std::optional<Handover> receive_handover() {
    const char* variable = std::getenv(handover_variable);
    int pid = 0, memory = -1;
    if (variable == nullptr || std::sscanf(variable, "%d:%d", &pid, &memory) != 2 ||
        pid != ::getpid() || memory < 3)
        return std::nullopt;
    ::unsetenv(handover_variable);
    const UniqueFd owned(memory);
    Handover state = read_handover(memory);
    for (const HandedFd* fd : state.descriptors()) ::fcntl(fd->number, F_SETFD, FD_CLOEXEC);
    return state;
}

Configuration read_dump(const std::string& text) {
    LoadOptions options = load_options();
    options.dialect = Dialect::minetd;
    options.check_host = false;
    Diagnostics diagnostics;
    Configuration read = parse_configuration(text, "what was handed over", options, diagnostics);
    if (!diagnostics.failed()) return read;
    throw std::runtime_error(summary(diagnostics.all().front()));
}

int check_handover(const CommandLine& line) try {
    Diagnostics diagnostics;
    const Configuration configuration = load(line, true, diagnostics);
    for (const Diagnostic& item : diagnostics.all())
        fmt::print(stderr, "{}{}\n", item.severity == Severity::warning ? "warning: " : "",
                   summary(item));
    if (configuration.fatal || (line.strict && diagnostics.failed())) return EX_CONFIG;
    const Log log(log_target(line, configuration));  // it can be written to
    const Handover state = read_handover(line.handover);
    read_dump(state.daemon);
    for (const auto* all : {&state.services, &state.draining})
        for (const Handover::Service& one : *all) check(one);
    fmt::print("{}\n", can_take_over);
    return EX_OK;
} catch (const std::exception& problem) {
    fmt::print(stderr, "{}\n", problem.what());
    return EX_UNAVAILABLE;
}

}  // namespace minetd
