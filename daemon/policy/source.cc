// SPDX-License-Identifier: ISC
#include "daemon/policy/source.h"

#include <cstring>

namespace minetd {

Source source_of(const SocketAddress& peer, std::uint32_t uid) noexcept {
    Source source;
    if (peer.family() == AF_INET) {
        source.kind = AF_INET;
        source.key = ntohl(peer.v4.sin_addr.s_addr);
    } else if (peer.is_mapped()) {
        std::uint32_t v4;
        std::memcpy(&v4, peer.v6.sin6_addr.s6_addr + 12, sizeof v4);
        source.kind = AF_INET;
        source.key = ntohl(v4);
    } else if (peer.family() == AF_INET6) {
        source.kind = AF_INET6;
        for (int i = 0; i < 8; ++i) source.key = source.key << 8 | peer.v6.sin6_addr.s6_addr[i];
    } else if (peer.family() == AF_UNIX) {
        source.kind = AF_UNIX;
        source.key = uid;
    }
    return source;
}

}  // namespace minetd
