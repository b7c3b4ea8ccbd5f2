// SPDX-License-Identifier: ISC
#include "daemon/descriptor_store.h"

#include <sys/stat.h>

#include <algorithm>

namespace minetd {
namespace {

/// Sockets and memory files have an inode each.
bool is_same(int a, int b) noexcept {
    struct stat one {};
    struct stat other {};
    return ::fstat(a, &one) == 0 && ::fstat(b, &other) == 0 && one.st_dev == other.st_dev &&
           one.st_ino == other.st_ino;
}

}  // namespace

DescriptorStore::Outcome DescriptorStore::add(const std::string& name, UniqueFd fd) {
    if (std::any_of(entries_.begin(), entries_.end(),
                    [&](const Entry& entry) { return is_same(entry.fd.get(), fd.get()); }))
        return Outcome::there_already;
    if (entries_.size() >= most_) return Outcome::full;
    entries_.push_back({name, std::move(fd)});
    return Outcome::kept;
}

void DescriptorStore::remove(const std::string& name) {
    std::erase_if(entries_, [&](const Entry& entry) { return entry.name == name; });
}

std::vector<int> DescriptorStore::descriptors() const {
    std::vector<int> fds;
    for (const Entry& entry : entries_) fds.push_back(entry.fd.get());
    return fds;
}

std::string DescriptorStore::names() const {
    std::string text;
    for (const Entry& entry : entries_) text += (text.empty() ? "" : ":") + entry.name;
    return text;
}

}  // namespace minetd
