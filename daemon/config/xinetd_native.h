// SPDX-License-Identifier: ISC
// Attributes of minetd's own in the files of xinetd, which ignores what it does not know: all but
// those of pools and of unix sockets, which xinetd does not have, and what it has other words for.
#pragma once

#include <span>

#include "daemon/config/xinetd_attributes.h"

namespace minetd {

/// By their names in minetd.conf(5), with no aliases: an attribute of xinetd means what it means to
/// xinetd.
std::span<const XinetdAttribute> native_attributes();
/// Null where there is none.
const XinetdAttribute* find_native_attribute(std::string_view name);

}  // namespace minetd
