// SPDX-License-Identifier: ISC
// What clients are told before they are served or refused: the text of files, read when the
// configuration is, so that serving a client opens none.
#pragma once

#include <functional>
#include <string>

#include "daemon/config/service_spec.h"

namespace minetd {

struct Banners {
    std::string everybody;  ///< `banner`: every client, first
    std::string admitted;   ///< `banner_success`: then those who are served
    std::string refused;    ///< `banner_fail`: or those who are not

    bool operator==(const Banners&) const = default;
};

/// Some client is to be told something.
bool wants_banners(const ServiceSpec& spec) noexcept;

/// Reads the files. As in xinetd, one that cannot be read is a complaint, and no banner.
Banners read_banners(const ServiceSpec& spec,
                     const std::function<void(const std::string&)>& complain);

/// Sends what the kernel takes at once; the rest is nobody's to wait for. Raw system calls only.
void greet(int connection, const Banners& banners) noexcept;
/// The same for who is refused. The connection is shut for sending, and what the client has sent by
/// now is thrown away, so that closing it does not destroy the banner on its way.
void dismiss(int connection, const Banners& banners) noexcept;

}  // namespace minetd
