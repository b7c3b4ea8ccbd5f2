// SPDX-License-Identifier: ISC
#include "services/module.h"

#include <dlfcn.h>
#include <elf.h>
#include <fcntl.h>
#include <fmt/core.h>
#include <link.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstring>
#include <stdexcept>

#include "daemon/os/system_error.h"
#include "daemon/os/unique_fd.h"

namespace minetd {
namespace {

constexpr const char* symbol = "minetd_module";
constexpr std::size_t first_size =
    offsetof(minetd_service, on_datagram) + sizeof(minetd_service::on_datagram);
constexpr std::size_t plausible_size = 4096;
constexpr std::uint32_t known_flags = MINETD_STREAM | MINETD_DATAGRAM | MINETD_THREAD_SAFE |
                                      MINETD_MAY_BLOCK | MINETD_CLIENT_SPEAKS_FIRST |
                                      MINETD_EVICTABLE;

[[noreturn]] void refuse(const std::string& file, const std::string& why) {
    throw std::runtime_error(fmt::format("the module {} cannot be used: {}", file, why));
}

/// The loader maps what the headers promise; the first touch of what a short file does not have
/// would be a crash without a word.
void check_whole(const std::string& file) {
    const UniqueFd fd(::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
    struct stat status;
    if (!fd || ::fstat(fd.get(), &status) < 0) refuse(file, error_text(errno));
    if (!S_ISREG(status.st_mode)) refuse(file, "it is not a regular file");
    const auto size = static_cast<std::uint64_t>(status.st_size);
    ElfW(Ehdr) header;
    if (::pread(fd.get(), &header, sizeof header, 0) != sizeof header ||
        std::memcmp(header.e_ident, ELFMAG, SELFMAG) != 0)
        refuse(file, "it is not a shared object");
    for (unsigned i = 0; i < header.e_phnum; ++i) {
        ElfW(Phdr) segment;
        const std::uint64_t at = header.e_phoff + std::uint64_t{i} * header.e_phentsize;
        const bool read = ::pread(fd.get(), &segment, sizeof segment, static_cast<off_t>(at)) ==
                          static_cast<ssize_t>(sizeof segment);
        if (read && (segment.p_offset <= size && segment.p_filesz <= size - segment.p_offset))
            continue;
        refuse(file, fmt::format("it is cut off after {} bytes: install it again", size));
    }
}

const minetd_service* open_object(const std::string& file) {
    check_whole(file);
    void* const object = ::dlopen(file.c_str(), RTLD_NOW | RTLD_LOCAL);
    if (object == nullptr) {
        std::string why = ::dlerror();
        if (why.starts_with(file + ": ")) why.erase(0, file.size() + 2);
        refuse(file, why);
    }
    const auto* service = static_cast<const minetd_service*>(::dlsym(object, symbol));
    if (service == nullptr)
        refuse(file, fmt::format("it does not define {}; see minetd-service(3)", symbol));
    return service;
}

void check(const std::string& file, const minetd_service& service) {
    if ((service.flags & (MINETD_STREAM | MINETD_DATAGRAM)) == 0)
        refuse(file, "its flags have neither MINETD_STREAM nor MINETD_DATAGRAM");
    if ((service.flags & MINETD_STREAM) != 0 && !service.on_input == !service.serve)
        refuse(file, "a stream service has either on_input or serve");
    if ((service.flags & MINETD_DATAGRAM) != 0 && service.on_datagram == nullptr)
        refuse(file, "a datagram service has on_datagram");
}

}  // namespace

Module::Module(const std::string& file) : file_(file) {
    const minetd_service* const theirs = open_object(file);
    if (theirs->abi != MINETD_SERVICE_ABI)
        refuse(file, fmt::format("it speaks version {} of the interface, this minetd {}: build it "
                                 "with this minetd's minetd_service.h",
                                 theirs->abi, MINETD_SERVICE_ABI));
    if (theirs->size < first_size || theirs->size > plausible_size)
        refuse(file, fmt::format("its description has {} bytes, not {}: set size to sizeof(struct "
                                 "minetd_service)",
                                 theirs->size, sizeof(minetd_service)));
    // What a newer header added is no matter as long as it is not used.
    const auto* bytes = reinterpret_cast<const unsigned char*>(theirs);
    const std::size_t common = std::min<std::size_t>(theirs->size, sizeof service_);
    const bool unused =
        std::all_of(bytes + common, bytes + theirs->size, [](unsigned char b) { return b == 0; });
    if (!unused || (theirs->flags & ~known_flags) != 0 || theirs->reserved != 0)
        refuse(file, "it uses what this minetd does not have: it was built for a newer one");
    std::memcpy(&service_, bytes, common);
    check(file, service_);
}

}  // namespace minetd
