// SPDX-License-Identifier: ISC
#include "daemon/os/seccomp_filter.h"

#include <seccomp.h>
#include <sys/mman.h>

#include <cerrno>
#include <memory>
#include <set>
#include <stdexcept>

#include "daemon/os/system_call_sets.h"
#include "daemon/os/system_error.h"
#include "daemon/os/unique_fd.h"

namespace minetd::seccomp {
namespace {

using Calls = std::set<int>;

/// Negative for a call that this processor does not have.
int number_of(std::string_view name) {
    return ::seccomp_syscall_resolve_name(std::string(name).c_str());
}

/// One word with all that it stands for, into the set or out of it; `~` is the opposite. Of a set,
/// what this system does not have is left out.
void take(std::string_view word, bool out, Calls& calls) {
    if (word.starts_with('~')) return take(word.substr(1), !out, calls);
    if (word.starts_with('@')) {
        std::string_view rest = system_call_set(word);
        while (!rest.empty()) {
            const std::size_t end = rest.find(' ');
            take(rest.substr(0, end), out, calls);
            rest = end == std::string_view::npos ? "" : rest.substr(end + 1);
        }
        return;
    }
    const int number = number_of(word);
    if (number < 0) return;
    if (out)
        calls.erase(number);
    else
        calls.insert(number);
}

void require(int result, const char* what) {
    if (result < 0) throw_errno(std::string("seccomp: ") + what, -result);
}

Program exported(scmp_filter_ctx filter) {
    const UniqueFd file(::memfd_create("seccomp", MFD_CLOEXEC));
    if (!file) throw_errno("memfd");
    require(::seccomp_export_bpf(filter, file.get()), "export");
    const off_t size = ::lseek(file.get(), 0, SEEK_END);
    Program program(static_cast<std::size_t>(size) / sizeof(sock_filter));
    if (size <= 0 || ::pread(file.get(), program.data(), static_cast<std::size_t>(size), 0) != size)
        throw_errno("seccomp: read", EIO);
    return program;
}

}  // namespace

bool available() noexcept {
    return true;
}

bool knows(std::string_view name) {
    return name.starts_with('@') ? !system_call_set(name).empty() : number_of(name) >= 0;
}

std::vector<std::string_view> set_names() {
    return system_call_set_names();
}

Program compile(std::span<const std::string> words, std::span<const std::string_view> always,
                bool kill) {
    const bool forbids = !words.empty() && words[0].starts_with('~');
    Calls calls;  // what is allowed, or else what is forbidden
    for (const std::string& word : words) take(word, forbids, calls);
    for (const std::string_view word : always) take(word, forbids, calls);

    const std::uint32_t refusal = kill ? SCMP_ACT_KILL_PROCESS : SCMP_ACT_ERRNO(EPERM);
    const std::unique_ptr<void, void (*)(void*)> filter(
        ::seccomp_init(forbids ? SCMP_ACT_ALLOW : refusal), ::seccomp_release);
    if (!filter) throw std::runtime_error("seccomp: no filter can be made");
    // A tree in place of a list: hundreds of calls are compared in nine steps.
    require(::seccomp_attr_set(filter.get(), SCMP_FLTATR_CTL_OPTIMIZE, 2), "optimize");
    for (const int number : calls)
        require(::seccomp_rule_add(filter.get(), forbids ? refusal : SCMP_ACT_ALLOW, number, 0),
                "rule");
    return exported(filter.get());
}

}  // namespace minetd::seccomp
