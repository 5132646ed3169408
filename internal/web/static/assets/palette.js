// Go to anything: every link of the menu, of the chart's tabs and of the page's
// own buttons, found by a few letters; what is no place is looked for as a client.
// Nothing is asked of the server before somebody goes.
(() => {
	const box = document.getElementById('palette'), find = document.querySelector('form.find');
	if (!box || !find) return;
	const q = box.querySelector('input'), list = box.querySelector('ul');
	let places = [], at = 0;
	const plain = s => s.normalize('NFD').replace(/\p{M}/gu, '').toLowerCase();
	const gather = () => {
		const seen = new Set();
		return [...document.querySelectorAll('.charttabs a, main .ph-a a, main .composer a[href], .rail-nav a, .topbar-r a')].flatMap(a => {
			const text = (a.querySelector('span:not(.vh, .rail-n, .count)') || a).textContent.trim(), where = a.closest('nav')?.getAttribute('aria-label') || '';
			if (!text || seen.has(a.href)) return [];
			seen.add(a.href);
			return [{ text, where, go: () => location.assign(a.href) }];
		});
	};
	const mark = n => {
		at = Math.max(0, Math.min(n, list.children.length - 1));
		[...list.children].forEach((li, i) => li.setAttribute('aria-selected', i === at));
		const li = list.children[at];
		q.setAttribute('aria-activedescendant', li ? li.id : '');
		li?.scrollIntoView({ block: 'nearest' });
	};
	const show = () => {
		const words = plain(q.value).split(/\s+/).filter(Boolean);
		const hits = places.filter(p => words.every(w => plain(p.text + ' ' + p.where).includes(w))).slice(0, 12);
		if (q.value.trim()) hits.push({ text: box.dataset.find + ' ' + q.value.trim(), where: '', go: () => { find.elements.q.value = q.value.trim(); find.requestSubmit(); } });
		list.replaceChildren(...hits.map((p, i) => {
			const li = document.createElement('li'), b = document.createElement('span'), w = document.createElement('span');
			li.id = 'palette-' + i; li.role = 'option'; b.textContent = p.text; w.textContent = p.where; w.className = 'muted small';
			li.append(b, w);
			li.onclick = p.go; li.go = p.go;
			return li;
		}));
		mark(0);
	};
	const open = () => { if (document.documentElement.classList.contains('locked') || box.open) return; places = gather(); q.value = ''; show(); box.showModal(); q.focus(); };
	document.addEventListener('click', e => { if (e.target.closest('[data-palette]')) open(); });
	document.addEventListener('keydown', e => { if ((e.ctrlKey || e.metaKey) && !e.altKey && !e.shiftKey && e.key.toLowerCase() === 'k') { e.preventDefault(); open(); } });
	q.addEventListener('input', show);
	q.addEventListener('keydown', e => {
		if (e.key === 'ArrowDown') mark(at + 1); else if (e.key === 'ArrowUp') mark(at - 1);
		else if (e.key === 'Enter') list.children[at]?.go(); else return;
		e.preventDefault();
	});
	box.addEventListener('click', e => { if (e.target === box) box.close(); });
})();
