// SPDX-License-Identifier: ISC
// How a service's sockets are called where a service manager has them (FileDescriptorName=,
// FDNAME): sd_listen_fds_with_names(3).
#pragma once

#include <string>

namespace minetd {

/// Its key without what cannot be in such a name, and not too long for a number behind it.
std::string descriptor_name(const std::string& key);

}  // namespace minetd
