// SPDX-License-Identifier: ISC
#include "mpm/sandbox.h"

#include <unistd.h>

#include <stdexcept>

#include "services/registry.h"

namespace minetd {
namespace {

bool is_ours(const ServiceSpec& spec) noexcept {
    return spec.is_builtin() && find_builtin(spec.builtin) != nullptr;
}

/// What our own code needs; it is denied the rest wherever that can be done.
std::vector<std::string> usual_filter(const ServiceSpec& spec) {
    if (!is_ours(spec) || !seccomp::available()) return {};
    return {spec.builtin == "redirect" ? "@redirect" : "@builtin"};
}

seccomp::Program filter_of(const ServiceSpec& spec) {
    const std::vector<std::string> words =
        spec.sandbox.seccomp ? *spec.sandbox.seccomp : usual_filter(spec);
    if (words.empty()) return {};
    // Without these it could neither begin nor end.
    static constexpr std::string_view always[] = {"exit_group", "execve"};
    return seccomp::compile(words, std::span(always, spec.is_builtin() ? 1 : 2),
                            spec.sandbox.seccomp_action == SeccompAction::kill);
}

capability::Mask mask_of(const std::vector<std::string>& names) {
    capability::Mask mask = 0;
    for (const std::string& name : names) {
        const auto number = capability::number(name);
        if (!number) throw std::runtime_error("no capability " + name + " can be had here");
        mask |= capability::bit(*number);
    }
    return mask;
}

/// What is to go from the bounding set. Without root nothing could, and nothing can be gained.
std::vector<unsigned> dropped(capability::Mask kept) {
    std::vector<unsigned> numbers;
    if (::geteuid() != 0) return numbers;
    const capability::Mask present = capability::bounding() & ~kept;
    for (unsigned number = 0; number < 64; ++number)
        if ((present & capability::bit(number)) != 0) numbers.push_back(number);
    return numbers;
}

Surroundings surroundings_of(const SandboxSpec& spec) {
    return {.root = spec.chroot,
            .private_tmp = spec.private_tmp,
            .private_network = spec.private_network,
            .read_only = spec.read_only,
            .read_write = spec.read_write_paths,
            .landlock = {spec.landlock_read, spec.landlock_write, spec.landlock_execute}};
}

/// Null for a service that is kept from nothing.
std::shared_ptr<Sandbox> without_namespaces(const ServiceSpec& spec) {
    if (spec.sandbox == SandboxSpec{} && !is_ours(spec)) return nullptr;
    auto made = std::make_shared<Sandbox>();
    made->spec = spec.sandbox;
    made->builtin = spec.builtin;
    made->filter = filter_of(spec);
    made->filter_asked = spec.sandbox.seccomp.has_value();
    if (spec.sandbox.capabilities) {
        made->capabilities = mask_of(*spec.sandbox.capabilities);
        made->dropped = dropped(*made->capabilities);
    }
    // Without root neither filter nor rules can be had otherwise.
    made->no_new_privs = spec.sandbox.no_new_privs.value_or(is_ours(spec)) ||
                         !made->filter.empty() || spec.sandbox.landlock();
    return made;
}

}  // namespace

void Sandbox::keep(std::vector<int>& descriptors) const {
    for (const UniqueFd* fd : {&namespaces.mount, &namespaces.network, &namespaces.landlock})
        if (*fd) descriptors.push_back(fd->get());
}

std::shared_ptr<const Sandbox> make_sandbox(const ServiceSpec& spec,
                                            std::shared_ptr<const Sandbox> former) {
    if (former && former->spec == spec.sandbox && former->builtin == spec.builtin) return former;
    auto made = without_namespaces(spec);
    const Surroundings surroundings = surroundings_of(spec.sandbox);
    if (made && surroundings.any()) made->namespaces = make_namespaces(surroundings);
    return made;
}

std::shared_ptr<const Sandbox> make_sandbox(const ServiceSpec& spec, Namespaces former) {
    auto made = without_namespaces(spec);
    if (made) made->namespaces = std::move(former);
    return made;
}

std::string describe(LaunchStep step, const SandboxSpec& spec) {
    switch (step) {
        case LaunchStep::namespaces:
            return "cannot enter its name spaces (private_tmp, private_network, read_only)";
        case LaunchStep::root:
            return "cannot enter the root directory " + spec.chroot + " (chroot)";
        case LaunchStep::bounding:
            return "cannot drop what capabilities does not name";
        case LaunchStep::capabilities:
            return "cannot keep what capabilities names";
        case LaunchStep::no_new_privs:
            return "no_new_privs";
        case LaunchStep::landlock:
            return "landlock";
        case LaunchStep::seccomp:
            return "seccomp";
        default:
            return {};
    }
}

}  // namespace minetd
