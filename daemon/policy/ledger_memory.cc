// SPDX-License-Identifier: ISC
#include "daemon/policy/ledger_memory.h"

#include <sys/socket.h>

#include <algorithm>

namespace minetd {
namespace {

/// No pause and no empty bucket lasts longer than the attributes' longest time.
constexpr Milliseconds longest = Milliseconds{10} * 365 * 86400 * 1000;
constexpr std::int64_t nanoseconds = 1'000'000;

void keep_window(Window& window, Milliseconds now) {
    const std::int64_t current = now / minute_slice;
    const bool possible = window.slice >= 0 && window.slice <= current;
    if (!possible || window_count(window, now, minute_slice) == 0) window = {};
}

}  // namespace

void keep_what_holds(LedgerMemory& memory, Milliseconds now, std::size_t most) {
    keep_window(memory.minute, now);
    if (memory.paused_until <= now || memory.paused_until > now + longest) memory.paused_until = 0;
    std::erase_if(memory.sources, [now](LedgerMemory::Known& known) {
        const std::uint32_t kind = known.source.kind;
        if (kind != AF_INET && kind != AF_INET6 && kind != AF_UNIX) return true;
        if (known.last_used < 0 || known.last_used > now) return true;
        keep_window(known.minute, now);
        if (known.rate_full_at <= now * nanoseconds ||
            known.rate_full_at > (now + longest) * nanoseconds)
            known.rate_full_at = 0;
        return known.minute == Window{} && known.rate_full_at == 0;
    });
    if (memory.sources.size() <= most) return;
    const auto later = [](const auto& a, const auto& b) { return a.last_used > b.last_used; };
    std::nth_element(memory.sources.begin(),
                     memory.sources.begin() + static_cast<std::ptrdiff_t>(most),
                     memory.sources.end(), later);
    memory.sources.resize(most);
}

}  // namespace minetd
