// SPDX-License-Identifier: ISC
#include "daemon/credential_directory.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <utility>
#include <vector>

#include "daemon/config/credential_file.h"
#include "daemon/os/identity.h"
#include "daemon/os/system_error.h"
#include "daemon/service_cgroups.h"

namespace minetd {
namespace {

namespace fs = std::filesystem;

std::string usual_base() {
    // The service manager's directory may be a list; it is gone when the unit is.
    if (const char* given = std::getenv("RUNTIME_DIRECTORY"))
        return std::string(given).substr(0, std::string_view(given).find(':')) + "/credentials";
    const char* own = std::getenv("XDG_RUNTIME_DIR");
    if (::geteuid() != 0 && own != nullptr) return std::string(own) + "/minetd/credentials";
    return "/run/minetd/credentials";
}

/// Others pass through and see nothing.
void make_directory(const std::string& path, mode_t mode) {
    if (::mkdir(path.c_str(), mode) < 0 && errno != EEXIST) throw_errno("cannot make " + path);
}

/// A directory of the service's user, taken back to be removed: from now on nobody else puts
/// anything in it.
UniqueFd take_back(int parent, const char* name) noexcept {
    UniqueFd directory(::openat(parent, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW));
    if (directory && ::fchown(directory.get(), ::geteuid(), ::getegid()) == 0)
        ::fchmod(directory.get(), 0700);
    return directory;
}

std::vector<std::string> entries(const fs::path& directory) {
    std::vector<std::string> names;
    std::error_code error;
    for (fs::directory_iterator entry(directory, error), end; !error && entry != end;
         entry.increment(error))
        names.push_back(entry->path().filename());
    return names;
}

/// With whatever its user has put in it, however deep: what is in a directory in there is brought
/// up first, so that no number of them takes more of ours.
void remove_directory(const fs::path& path) noexcept try {
    const UniqueFd top = take_back(AT_FDCWD, path.c_str());
    std::uint64_t brought = 0;
    for (bool gets_on = static_cast<bool>(top); std::exchange(gets_on, false);) {
        for (const std::string& name : entries(path)) {
            gets_on |= ::unlinkat(top.get(), name.c_str(), 0) == 0;
            const UniqueFd inner = take_back(top.get(), name.c_str());
            if (!inner) continue;
            for (const std::string& item : entries(path / name)) {
                if (::unlinkat(inner.get(), item.c_str(), 0) == 0) continue;
                take_back(inner.get(), item.c_str());  // only who may write to it moves it
                const std::string up = '.' + std::to_string(++brought);
                gets_on |= ::renameat2(inner.get(), item.c_str(), top.get(), up.c_str(),
                                       RENAME_NOREPLACE) == 0;
            }
            gets_on |= ::unlinkat(top.get(), name.c_str(), AT_REMOVEDIR) == 0;
        }
    }
    ::rmdir(path.c_str());
} catch (const std::exception&) {
    ::rmdir(path.c_str());  // without memory it is not emptied
}

/// Of a minetd that was killed.
void sweep(const std::string& base) noexcept {
    std::error_code error;
    for (fs::directory_iterator entry(base, error), end; !error && entry != end;
         entry.increment(error)) {
        const pid_t pid = std::atoi(entry->path().filename().c_str());
        if (pid <= 0 || ::kill(pid, 0) == 0 || errno != ESRCH) continue;
        std::error_code inner;
        for (fs::directory_iterator left(entry->path(), inner); !inner && left != end;
             left.increment(inner))
            remove_directory(left->path());
        ::rmdir(entry->path().c_str());
    }
}

void write_credential(int directory, const std::string& name, const std::string& text,
                      const Identity& identity) {
    const UniqueFd file(::openat(directory, name.c_str(),
                                 O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0400));
    if (!file || ::write(file.get(), text.data(), text.size()) != static_cast<ssize_t>(text.size()))
        throw_errno("cannot write the credential " + name);
    if (identity.change && ::fchown(file.get(), identity.uid, identity.gid) < 0)
        throw_errno("cannot give the credential " + name + " to " + identity.user);
}

}  // namespace

CredentialDirectory::CredentialDirectory(const ServiceSpec& spec, const std::string& base)
    : owner_(::getpid()) {
    const std::string root = base.empty() ? usual_base() : base;
    make_directory(fs::path(root).parent_path(), 0755);
    make_directory(root, 0711);
    sweep(root);
    // Of this process: it finds them again after an upgrade, and another minetd does not.
    const std::string ours = root + '/' + std::to_string(owner_);
    make_directory(ours, 0711);
    path_ = ours + '/' + cgroup_name(spec.key());
    fill(spec);
}

CredentialDirectory::CredentialDirectory(Former former)
    : path_(std::move(former.path)), owner_(::getpid()) {}

CredentialDirectory::~CredentialDirectory() {
    if (owner_ != ::getpid()) return;
    remove_directory(path_);
    ::rmdir(fs::path(path_).parent_path().c_str());  // after the last service
}

void CredentialDirectory::fill(const ServiceSpec& spec) {
    const Identity identity = resolve_identity(spec.user, spec.group, spec.groups);
    const std::string fresh = path_ + ".new";
    remove_directory(fresh);
    if (::mkdir(fresh.c_str(), 0700) < 0) throw_errno("cannot make " + fresh);
    try {
        const UniqueFd directory(::open(fresh.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
        for (const std::string& word : spec.credentials) {
            const CredentialSource source = credential_source(word);
            write_credential(directory.get(), source.name, read_credential(source), identity);
        }
        if (::fchmod(directory.get(), 0500) < 0 ||
            (identity.change && ::fchown(directory.get(), identity.uid, identity.gid) < 0))
            throw_errno("cannot give " + fresh + " to " + identity.user);
        const bool there = ::access(path_.c_str(), F_OK) == 0;
        if (::renameat2(AT_FDCWD, fresh.c_str(), AT_FDCWD, path_.c_str(),
                        there ? RENAME_EXCHANGE : RENAME_NOREPLACE) < 0)
            throw_errno("cannot rename " + fresh);
    } catch (...) {
        remove_directory(fresh);
        throw;
    }
    remove_directory(fresh);  // by now the old one, if any
}

}  // namespace minetd
