// SPDX-License-Identifier: ISC
// Which units a service becomes: what of systemd is nearest to its fourth word.
#pragma once

#include <cstdint>
#include <string>

#include "daemon/units/listen_addresses.h"

namespace minetd {

enum class Shape : std::uint8_t {
    per_connection,  ///< Accept=yes and a template, a program for each connection
    taken_over,      ///< Accept=no, the socket is standard input (`wait`, datagrams)
    resident,        ///< Accept=no, the sockets are descriptors from 3 on
    forwarded,       ///< systemd-socket-proxyd(8)
    minetd,          ///< Accept=no, minetd with this one service
    alone,           ///< the same without a socket unit: minetd binds
    behind_tcpmux    ///< with the tcpmux service
};

/// `why` becomes the reason where it is not one that the fourth word tells; the sentence's end.
Shape shape_of(const ServiceSpec& spec, const ListenAddresses& addresses, std::string& why);

}  // namespace minetd
