//! Memory available to this process: the smallest of the free memory of the machine and the remainders of the limits of
//! its control groups and of the process itself.

use std::path::{Path, PathBuf};

/// Bytes that a job may take: the smallest of all known limits.
pub fn available() -> usize {
    let mut system = sysinfo::System::new();
    system.refresh_memory();
    let limits = [Some(system.available_memory()), groups(), process()];
    let smallest = limits.into_iter().flatten().min().unwrap_or(u64::MAX);
    usize::try_from(smallest).unwrap_or(usize::MAX)
}

/// What the limits of the control groups of this process leave.
#[cfg(target_os = "linux")]
fn groups() -> Option<u64> {
    let read = |path: &str| std::fs::read_to_string(path).ok();
    left_by_groups(&read("/proc/self/cgroup")?, &read("/proc/self/mountinfo")?)
}

#[cfg(not(target_os = "linux"))]
fn groups() -> Option<u64> {
    None
}

/// What the limits of this process leave of its address space and of its data.
#[cfg(target_os = "linux")]
fn process() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let limits = std::fs::read_to_string("/proc/self/limits").ok()?;
    left_by_process(&status, &limits)
}

#[cfg(not(target_os = "linux"))]
fn process() -> Option<u64> {
    None
}

/// A hierarchy of control groups: the files with limits and usage.
struct Hierarchy {
    /// Files with a limit.
    limits: &'static [&'static str],
    usage: &'static str,
    /// Keys of `memory.stat` for the page cache, which is freed on demand.
    cache: &'static [&'static str],
}

const VERSION_1: Hierarchy = Hierarchy {
    limits: &["memory.limit_in_bytes"],
    usage: "memory.usage_in_bytes",
    cache: &["total_inactive_file", "total_active_file"],
};

const VERSION_2: Hierarchy = Hierarchy {
    limits: &["memory.max", "memory.high"],
    usage: "memory.current",
    cache: &["inactive_file", "active_file"],
};

/// What the limits of the groups leave, from the contents of `/proc/self/cgroup` and `/proc/self/mountinfo`: the
/// smallest from the group of the process up to the root, in either version. `None` without a limit.
fn left_by_groups(groups: &str, mounts: &str) -> Option<u64> {
    let chains = groups.lines().filter_map(|line| {
        // hierarchy:controllers:path
        let mut parts = line.splitn(3, ':');
        let (_, controllers, path) = (parts.next()?, parts.next()?, parts.next()?);
        let hierarchy = match controllers {
            "" => VERSION_2,
            _ if controllers.split(',').any(|name| name == "memory") => VERSION_1,
            _ => return None,
        };
        let (root, point) = mounts.lines().find_map(|line| mount(line, controllers.is_empty()))?;
        // In a container the path may be outside the mounted part; then the root is the group of the container.
        let below = Path::new(path).strip_prefix(root).ok().filter(|below| !below.iter().any(|part| part == ".."));
        let below = below.unwrap_or(Path::new(""));
        chain(&point, below).filter_map(|group| hierarchy.left(&group)).min()
    });
    chains.min()
}

/// Root and mount point of a hierarchy of the given version, from a line of `mountinfo`.
fn mount(line: &str, second_version: bool) -> Option<(&str, PathBuf)> {
    let (before, after) = line.split_once(" - ")?;
    let mut fields = before.split(' ').skip(3);
    let (root, point) = (fields.next()?, fields.next()?);
    let mut kind = after.split(' ');
    let (kind, options) = (kind.next()?, kind.nth(1).unwrap_or_default());
    let wanted = if second_version {
        kind == "cgroup2"
    } else {
        kind == "cgroup" && options.split(',').any(|option| option == "memory")
    };
    wanted.then(|| (root, PathBuf::from(point)))
}

/// The folders of a group and of all groups above it, up to the mount point.
fn chain<'a>(point: &'a Path, below: &'a Path) -> impl Iterator<Item = PathBuf> + 'a {
    below.ancestors().map(move |below| point.join(below))
}

impl Hierarchy {
    /// What the limit of one group leaves; `None` without a limit.
    fn left(&self, group: &Path) -> Option<u64> {
        let read = |name: &str| std::fs::read_to_string(group.join(name)).ok();
        let number = |name: &&str| read(name)?.trim().parse::<u64>().ok();
        let limit = self.limits.iter().filter_map(number).min()?;
        let stat = read("memory.stat").unwrap_or_default();
        let cached = |key: &&str| value(&stat, key, ' ').unwrap_or(0);
        let cache: u64 = self.cache.iter().map(cached).sum();
        let used = number(&self.usage).unwrap_or(0).saturating_sub(cache);
        Some(limit.saturating_sub(used))
    }
}

/// What the limits of address space and data leave, from the contents of `/proc/self/status` and `/proc/self/limits`;
/// `None` without a limit.
fn left_by_process(status: &str, limits: &str) -> Option<u64> {
    const KIB: u64 = 1_024;
    let left = |(limit, used): (&str, &str)| {
        let limit = limits.lines().find_map(|line| line.strip_prefix(limit))?.split_whitespace().next()?;
        let used = value(status, used, ':').unwrap_or(0) * KIB;
        Some(limit.parse::<u64>().ok()?.saturating_sub(used))
    };
    [("Max address space", "VmSize"), ("Max data size", "VmData")].into_iter().filter_map(left).min()
}

/// The number of a key, in lines of keys and numbers.
fn value(text: &str, key: &str, separator: char) -> Option<u64> {
    let mut lines = text.lines().filter_map(|line| line.split_once(separator));
    let (_, rest) = lines.find(|(name, _)| *name == key)?;
    rest.split_whitespace().next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Writes the folder of a group with these files.
    fn group(root: &Path, path: &str, files: &[(&str, &str)]) {
        let folder = root.join(path);
        std::fs::create_dir_all(&folder).unwrap();
        files.iter().for_each(|(name, content)| std::fs::write(folder.join(name), content).unwrap());
    }

    fn mountinfo(root: &str, point: &Path, kind: &str, options: &str) -> String {
        format!(
            "22 1 0:20 / /proc rw - proc proc rw\n30 22 0:26 {root} {} rw,nosuid shared:9 - {kind} x {options}\n",
            point.display()
        )
    }

    #[test]
    fn the_smallest_limit_of_nested_groups_counts_in_version_2() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path();
        let free = [("memory.max", "max\n"), ("memory.high", "max\n"), ("memory.current", "5\n")];
        group(root, "a/b", &free);
        let mounts = mountinfo("/", root, "cgroup2", "rw");
        assert_eq!(left_by_groups("0::/a/b\n", &mounts), None);
        // Above: 1,000, of which 300 are used and 100 of them cache.
        let stat = "anon 200\ninactive_file 60\nactive_file 40\n";
        group(root, "a", &[("memory.max", "1000\n"), ("memory.current", "300\n"), ("memory.stat", stat)]);
        assert_eq!(left_by_groups("0::/a/b\n", &mounts), Some(800));
        group(root, "a/b", &[("memory.high", "500\n")]);
        assert_eq!(left_by_groups("0::/a/b\n", &mounts), Some(495));
        group(root, "a", &[("memory.current", "5000\n")]);
        assert_eq!(left_by_groups("0::/a/b\n", &mounts), Some(0));
    }

    #[test]
    fn limits_of_version_1_count_next_to_an_empty_version_2() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path();
        let stat = "inactive_file 9\ntotal_inactive_file 100\ntotal_active_file 0\n";
        let own = [("memory.limit_in_bytes", "2000\n"), ("memory.usage_in_bytes", "400\n"), ("memory.stat", stat)];
        group(root, "memory/job/inner", &own);
        group(root, "memory/job", &[("memory.limit_in_bytes", "1900\n"), ("memory.usage_in_bytes", "600\n")]);
        group(root, "memory", &[("memory.limit_in_bytes", "9223372036854771712\n"), ("memory.usage_in_bytes", "7\n")]);
        let mounts = mountinfo("/", &root.join("memory"), "cgroup", "rw,memory")
            + &mountinfo("/", &root.join("unified"), "cgroup2", "rw");
        let groups = "5:cpu,cpuacct:/x\n4:memory:/job/inner\n0::/\n";
        assert_eq!(left_by_groups(groups, &mounts), Some(1_300));
    }

    /// In a container its own group is the root of the mount; the path may be that of the host.
    #[test]
    fn the_group_of_a_container_is_the_root_of_the_mount() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path();
        group(root, "inner", &[("memory.max", "max\n")]);
        group(root, "", &[("memory.max", "700\n"), ("memory.current", "100\n")]);
        let mounts = mountinfo("/docker/1", root, "cgroup2", "rw");
        assert_eq!(left_by_groups("0::/docker/1/inner\n", &mounts), Some(600));
        assert_eq!(left_by_groups("0::/docker/2\n", &mounts), Some(600));
        assert_eq!(left_by_groups("0::/../other\n", &mounts), Some(600));
    }

    #[test]
    fn limits_of_the_process_count() {
        let status = "VmPeak:\t 900 kB\nVmSize:\t 100 kB\nVmData:\t 40 kB\n";
        let limits = |space: &str, data: &str| {
            format!("Max data size   {data}   unlimited   bytes\nMax address space   {space}   unlimited   bytes\n")
        };
        assert_eq!(left_by_process(status, &limits("unlimited", "unlimited")), None);
        assert_eq!(left_by_process(status, &limits("204800", "unlimited")), Some(102_400));
        assert_eq!(left_by_process(status, &limits("204800", "51200")), Some(10_240));
        assert_eq!(left_by_process(status, &limits("10", "unlimited")), Some(0));
    }

    #[test]
    fn this_machine_has_memory() {
        assert!(available() > 0);
    }
}
