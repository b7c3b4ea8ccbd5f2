// SPDX-License-Identifier: ISC
#include "daemon/os/address_text.h"

#include <cstring>

namespace minetd {

std::size_t format_number(char* text, std::uint64_t value) noexcept {
    char digits[20];
    std::size_t count = 0;
    do {
        digits[count++] = static_cast<char>('0' + value % 10);
        value /= 10;
    } while (value != 0);
    for (std::size_t i = 0; i < count; ++i) text[i] = digits[count - 1 - i];
    text[count] = '\0';
    return count;
}

std::size_t format_ipv4(char* text, const in_addr& address) noexcept {
    unsigned char bytes[4];
    std::memcpy(bytes, &address, sizeof bytes);
    std::size_t length = 0;
    for (int i = 0; i < 4; ++i) {
        if (i > 0) text[length++] = '.';
        length += format_number(text + length, bytes[i]);
    }
    return length;
}

std::size_t format_ipv6(char* text, const in6_addr& address) noexcept {
    unsigned groups[8];
    for (int i = 0; i < 8; ++i)
        groups[i] = static_cast<unsigned>(address.s6_addr[2 * i] << 8 | address.s6_addr[2 * i + 1]);

    if (IN6_IS_ADDR_V4MAPPED(&address)) {
        std::memcpy(text, "::ffff:", 7);
        in_addr v4;
        std::memcpy(&v4, address.s6_addr + 12, sizeof v4);
        return 7 + format_ipv4(text + 7, v4);
    }

    int best = -1, best_length = 1;  // a single zero group is not shortened
    for (int i = 0; i < 8;) {
        int run = i;
        while (run < 8 && groups[run] == 0) ++run;
        if (run - i > best_length) best = i, best_length = run - i;
        i = run > i ? run : i + 1;
    }

    std::size_t length = 0;
    for (int i = 0; i < 8;) {
        if (i == best) {
            text[length++] = ':';
            text[length++] = ':';
            i += best_length;
            continue;
        }
        if (length > 0 && text[length - 1] != ':') text[length++] = ':';
        bool started = false;
        for (int shift = 12; shift >= 0; shift -= 4) {
            const unsigned digit = groups[i] >> shift & 15U;
            if (digit == 0 && !started && shift > 0) continue;
            started = true;
            text[length++] = "0123456789abcdef"[digit];
        }
        ++i;
    }
    text[length] = '\0';
    return length;
}

}  // namespace minetd
