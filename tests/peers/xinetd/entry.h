// SPDX-License-Identifier: ISC
// The text of a case's file: an entry that is complete, or one that is completed.
#pragma once

#include <string>

#include "tests/peers/xinetd/case.h"

namespace minetd {

/// The attributes with those added that a program on a port of its own needs, inside their braces.
std::string entry_text(const std::string& entry, const Place& place);

/// One more service, which the suite itself needs.
std::string program_entry(const std::string& id, std::uint16_t port, const std::string& mode,
                          const Place& place);

}  // namespace minetd
