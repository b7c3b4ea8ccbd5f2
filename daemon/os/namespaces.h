// SPDX-License-Identifier: ISC
// Name spaces of a service, made once and entered by its processes (setns(2)); they last as long
// as somebody holds them. namespaces(7), mount_setattr(2).
#pragma once

#include <string>
#include <vector>

#include "daemon/os/landlock.h"
#include "daemon/os/unique_fd.h"

namespace minetd {

/// What its processes are to find.
struct Surroundings {
    std::string root;  ///< they will have it as their `/`; all other paths are in it. Empty: none
    bool private_tmp = false;      ///< an empty /tmp, and /var/tmp where there is one
    bool private_network = false;  ///< a network with nothing but a loopback interface that is up
    bool read_only = false;        ///< every file system, all that are mounted
    std::vector<std::string> read_write;  ///< but these
    LandlockPaths landlock;

    bool any() const;
};

/// What there is no need for is not there.
struct Namespaces {
    UniqueFd mount, network;
    UniqueFd landlock;  ///< rules for what is in that mount name space
};

/// Throws std::system_error naming what could not be done. Most of it takes root.
Namespaces make_namespaces(const Surroundings& surroundings);

}  // namespace minetd
