// SPDX-License-Identifier: ISC
#include "daemon/config/banner_file.h"

#include <fcntl.h>

#include <stdexcept>

#include "daemon/os/system_error.h"
#include "daemon/os/unique_fd.h"

namespace minetd {

std::string read_banner(const std::string& path) {
    // Without O_NONBLOCK the open of a FIFO would wait for its writer.
    const UniqueFd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
    if (!file) throw std::runtime_error(path + ": " + error_text(errno));
    std::string text(longest_banner + 1, '\0');
    std::size_t size = 0;
    while (size < text.size()) {
        const ssize_t got = ::read(file.get(), text.data() + size, text.size() - size);
        if (got < 0) throw std::runtime_error(path + ": " + error_text(errno));
        if (got == 0) break;
        size += static_cast<std::size_t>(got);
    }
    if (size > longest_banner)
        throw std::length_error(path + " has more than " + std::to_string(longest_banner / 1024) +
                                " KiB");
    text.resize(size);
    return text;
}

}  // namespace minetd
