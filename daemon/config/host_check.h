// SPDX-License-Identifier: ISC
// Whether this host has what a service names.
#pragma once

#include "daemon/config/draft.h"

namespace minetd {

/// Unknown users and groups and programs that cannot be run break the draft; what may come later
/// (an interface, a directory) is a warning.
void check_on_host(Draft& draft, Diagnostics& diagnostics);

/// Of a draft that is broken: what it says all the same, so that its errors are told at once.
void check_rest_on_host(Draft& draft, Diagnostics& diagnostics);

/// `bind` has addresses, and names of hosts.
void warn_of_interfaces(const Draft& draft, Diagnostics& diagnostics);

/// Names of hosts that have no address now. Takes seconds where nobody answers.
void warn_of_unknown_names(const std::vector<Draft*>& drafts, Diagnostics& diagnostics);
/// A word in a list of addresses that is a host's name, and was not meant as one.
bool means_everybody(std::string_view host) noexcept;

/// Without root every service runs as the daemon's own user: one warning for those that name
/// another.
void warn_without_root(const std::vector<Draft*>& drafts, Diagnostics& diagnostics);

/// In a build without libwrap: what a dialect asks of it by itself is not asked, as its daemon
/// without the library would do. Where one of the tables has rules, one warning says so.
void forgo_libwrap(const std::vector<Draft*>& drafts, const std::vector<std::string>& tables,
                   Diagnostics& diagnostics);

}  // namespace minetd
