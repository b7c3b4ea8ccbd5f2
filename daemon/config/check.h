// SPDX-License-Identifier: ISC
// From a draft to a spec: what follows from what was said, and whether it makes sense together.
#pragma once

#include <vector>

#include "daemon/config/configuration.h"
#include "daemon/config/draft.h"

namespace minetd {

/// Settles what nobody said: the id, the port, the builtin, argv[0]. Nothing of the table changes
/// afterwards but by check().
void conclude(Draft& draft, bool full_argv0, Diagnostics& diagnostics);

/// What single values cannot show: fields that contradict each other, builtins that do not exist.
/// Errors break the draft.
void check(Draft& draft, const LoadOptions& options, Diagnostics& diagnostics);

/// The part of check() that is about pools: what goes with which MPM, and limits that Apache would
/// correct too.
void check_pool(Draft& draft, Diagnostics& diagnostics);
/// The part that is about who may come.
void check_admission(Draft& draft, Diagnostics& diagnostics);
/// Why the service can ask no ident daemon who its peers are; null where it can.
const char* why_unidentified(const ServiceSpec& spec) noexcept;

/// The part that is about what it is kept from: what contradicts itself or has no effect.
void check_sandbox(Draft& draft, Diagnostics& diagnostics);
/// The same for what this host and this build can do; expects a service that is not broken.
void check_sandbox_on_host(Draft& draft, Diagnostics& diagnostics);

/// The RPC program of a service: its number by name, where nobody said it.
void find_program(Draft& draft, Diagnostics& diagnostics);
/// The part of check() that is about who is told of the service: rpcbind(8), multicast DNS.
void check_registration(Draft& draft, const LoadOptions& options, Diagnostics& diagnostics);

/// The part that is about being forwarded: where to, and what goes with it.
void check_redirect(Draft& draft, Diagnostics& diagnostics);
bool is_redirect(const ServiceSpec& spec);
/// What idle_timeout is unless it is said: whoever is forwarded may be silent as long as the
/// destination lets him, as under xinetd.
unsigned usual_idle_timeout(const ServiceSpec& spec);

/// Across services: `tcp` beside `tcp6` means IPv4; one socket and one key have one service.
/// Breaks the later one of two. Those that are broken already claim nothing, but they say which
/// IP version is theirs as long as their key is known.
void check_together(const std::vector<Draft*>& drafts, Diagnostics& diagnostics);

}  // namespace minetd
