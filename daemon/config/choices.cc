// SPDX-License-Identifier: ISC
// The words of the enumerations.
#include "daemon/config/codecs.h"

namespace minetd::codec {

template <>
std::span<const Name<SocketType>> names() noexcept {
    static constexpr Name<SocketType> table[] = {{"stream", SocketType::stream},
                                                 {"dgram", SocketType::dgram},
                                                 {"seqpacket", SocketType::seqpacket},
                                                 {"raw", SocketType::raw},
                                                 {"rdm", SocketType::rdm}};
    return table;
}

template <>
std::span<const Name<Serve>> names() noexcept {
    static constexpr Name<Serve> table[] = {
        {"nowait", Serve::nowait},    {"wait", Serve::wait},   {"prefork", Serve::prefork},
        {"worker", Serve::worker},    {"event", Serve::event}, {"threads", Serve::threads},
        {"perchild", Serve::perchild}};
    return table;
}

template <>
std::span<const Name<Overflow>> names() noexcept {
    static constexpr Name<Overflow> table[] = {{"queue", Overflow::queue},
                                               {"refuse", Overflow::refuse}};
    return table;
}

template <>
std::span<const Name<SpawnPolicy>> names() noexcept {
    static constexpr Name<SpawnPolicy> table[] = {{"reactive", SpawnPolicy::reactive},
                                                  {"apache", SpawnPolicy::apache}};
    return table;
}

template <>
std::span<const Name<UdpGuard>> names() noexcept {
    static constexpr Name<UdpGuard> table[] = {
        {"strict", UdpGuard::strict}, {"local", UdpGuard::local}, {"off", UdpGuard::off}};
    return table;
}

template <>
std::span<const Name<LogFormat>> names() noexcept {
    static constexpr Name<LogFormat> table[] = {{"text", LogFormat::text},
                                                {"json", LogFormat::json}};
    return table;
}

template <>
std::span<const Name<ProxyProtocol>> names() noexcept {
    static constexpr Name<ProxyProtocol> table[] = {
        {"no", ProxyProtocol::no}, {"v1", ProxyProtocol::v1}, {"v2", ProxyProtocol::v2}};
    return table;
}

void ServeWord::apply(const Attribute& row, Serve& value, Operator op, Words words) {
    const std::string& word = only_word(op, words);
    if (same_word(word, "yes"))
        value = Serve::wait;
    else if (same_word(word, "no"))
        value = Serve::nowait;
    else
        Choice<Serve, "">::apply(row, value, op, words);
}

std::string ServeWord::format(Serve value) {
    return Choice<Serve, "">::format(value);
}

}  // namespace minetd::codec
