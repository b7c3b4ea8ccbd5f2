// SPDX-License-Identifier: ISC
// What a service's processes are kept from, made ready when the configuration is read: name spaces
// and rules are descriptors, filters are bytes, sets of capabilities are bits. A process enters it
// in three steps, around the change of its user:
//
//     enter_surroundings   network, mounts, root directory, bounding set: what takes root
//     keep_capabilities    what is left to the user
//     confine              no_new_privs, landlock, seccomp: last, just before it serves
//
// Each is raw system calls only: a child on borrowed memory makes them too (mpm/launch_child.cc).
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "daemon/config/service_spec.h"
#include "daemon/os/capabilities.h"
#include "daemon/os/namespaces.h"
#include "daemon/os/seccomp_filter.h"
#include "mpm/launch_step.h"

namespace minetd {

/// Constant once made; a start keeps it alive as its plan does.
struct Sandbox {
    SandboxSpec spec;
    std::string builtin;  ///< of the service that it was made for

    Namespaces namespaces;
    std::optional<capability::Mask> capabilities;
    std::vector<unsigned> dropped;  ///< from the bounding set
    bool no_new_privs = false;
    seccomp::Program filter;
    /// The configuration names it: nothing is served without. What our own builtins have unasked,
    /// they do without where filters are forbidden, as in some containers.
    bool filter_asked = false;

    /// Adds the descriptors that a process needs to enter it.
    void keep(std::vector<int>& descriptors) const;
};

/// Null for a service that is kept from nothing. `former`, what there was before, goes on where it
/// is what is wanted: the service's /tmp with it. Throws std::exception with what cannot be done.
std::shared_ptr<const Sandbox> make_sandbox(const ServiceSpec& spec,
                                            std::shared_ptr<const Sandbox> former = nullptr);

/// The same where a former image of this process has made the name spaces: they go on.
std::shared_ptr<const Sandbox> make_sandbox(const ServiceSpec& spec, Namespaces former);

struct SandboxOutcome {
    int error = 0;  ///< 0: it is done
    LaunchStep step = LaunchStep::none;
};
SandboxOutcome enter_surroundings(const Sandbox& sandbox) noexcept;
SandboxOutcome keep_capabilities(const Sandbox& sandbox) noexcept;
SandboxOutcome confine(const Sandbox& sandbox) noexcept;

/// "cannot enter the root directory /srv/jail", without the reason; empty for a step that is none
/// of the sandbox's.
std::string describe(LaunchStep step, const SandboxSpec& spec);

}  // namespace minetd
