// SPDX-License-Identifier: ISC
// The process that finds out what admission must ask others (daemon/policy/inquiry.h): names of
// hosts, libwrap's opinion, ident. It has the rules of the services that it answers for and no
// privileges; to the superdaemon it says who was identified, for the records.
#pragma once

#include <memory>
#include <vector>

#include "daemon/policy/inquiry.h"
#include "mpm/control.h"

namespace minetd {

/// One service, and where questions about its peers arrive.
struct InquiringService {
    std::shared_ptr<const ServiceSpec> spec;
    std::shared_ptr<Inquiry> inquiry;

    bool operator==(const InquiringService&) const = default;
};

/// The life of the process, from its parent's identity on; returns the exit status. Records it
/// reports have the service's place in `services` as the message's number. Told to drain, it
/// answers what it was asked and ends.
int run_inquirer(const std::vector<InquiringService>& services, Channel& control);

}  // namespace minetd
