// SPDX-License-Identifier: ISC
#include "daemon/config/cgroup_codecs.h"

#include <fmt/core.h>

namespace minetd::codec {

std::int64_t percent_from(std::string_view text, std::int64_t min, std::int64_t max) {
    if (text.ends_with('%')) text.remove_suffix(1);
    return number_from(text, min, max);
}

void CgroupPlace::apply(const Attribute& row, std::string& value, Operator op, Words words) {
    const std::string& word = checked_text(row, only_word(op, words));
    for (const char* name : {"auto", "no"}) {
        if (!same_word(word, name)) continue;
        value = name;
        return;
    }
    if (!word.starts_with('/'))
        throw BadValue(fmt::format("`{}` is not an absolute path", word),
                       "write auto, no, or a directory such as /sys/fs/cgroup/minetd");
    value = word;
    while (value.size() > 1 && value.ends_with('/')) value.pop_back();
}

}  // namespace minetd::codec
