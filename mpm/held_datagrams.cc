// SPDX-License-Identifier: ISC
#include "mpm/held_datagrams.h"

#include "daemon/policy/address_bits.h"

namespace minetd {

HeldDatagrams::Key HeldDatagrams::key_of(const ReceivedDatagram& datagram) noexcept {
    const SocketAddress& peer = datagram.peer;
    const AddressBits bits = bits_of(peer).value_or(AddressBits{});
    const std::uint32_t scope = peer.family() == AF_INET6 ? peer.v6.sin6_scope_id : 0;
    return {datagram.socket, scope, bits.high, bits.low};
}

void HeldDatagrams::append(Host& host, const ReceivedDatagram& datagram) {
    waiting_.push_back({HeldDatagram(datagram), &host});
    bytes_ += waiting_.back().datagram.size();
    host.datagrams.push_back(std::prev(waiting_.end()));
}

HeldDatagram HeldDatagrams::remove_first(Host& host) {
    const auto first = host.datagrams.front();
    HeldDatagram datagram = std::move(first->datagram);
    bytes_ -= datagram.size();
    host.datagrams.pop_front();
    waiting_.erase(first);
    return datagram;
}

bool HeldDatagrams::join(const ReceivedDatagram& datagram) {
    if (hosts_.empty()) return false;
    const auto found = hosts_.find(key_of(datagram));
    if (found == hosts_.end()) return false;
    append(*found->second, datagram);
    return true;
}

bool HeldDatagrams::add(const ReceivedDatagram& datagram, UniqueFd reply, Milliseconds until) {
    auto host = std::make_unique<Host>();
    host->key = key_of(datagram);
    Host& asked = *host;
    if (!questions_.add(host, std::move(reply), until)) return false;
    hosts_.emplace(asked.key, &asked);
    append(asked, datagram);
    return true;
}

std::optional<HeldDatagram> HeldDatagrams::overflow(const ReceivedDatagram& latest) {
    const auto found = hosts_.find(key_of(latest));
    if (found != hosts_.end() && found->second->datagrams.size() > most_of_host)
        return remove_first(*found->second);
    if (waiting_.size() > most || bytes_ > most_bytes) return remove_first(*waiting_.front().host);
    return std::nullopt;
}

std::optional<HeldDatagrams::Answered> HeldDatagrams::take(Milliseconds now) {
    auto answered = questions_.take(now);
    if (!answered) return std::nullopt;
    Host& host = *answered->connection;
    Answered out{.datagrams = {}, .answers = answered->answers};
    while (!host.datagrams.empty()) out.datagrams.push_back(remove_first(host));
    hosts_.erase(host.key);
    return out;
}

}  // namespace minetd
